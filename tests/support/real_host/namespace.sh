#!/bin/bash
# namespace.sh FOLDER PORT ADDRESS: a test host, in mount, pid and uts namespaces of its own (unshare makes them and starts this).
# Its root is the machine's under an overlay in memory, so that nothing on the machine changes, and nothing stays mounted.
set -eu
folder=$1 root=$1/memory/root

mount -t tmpfs tmpfs "$folder/memory"
mkdir "$folder/memory/upper" "$folder/memory/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/memory/upper,workdir=$folder/memory/work" "$root"
for private in home mnt root run tmp; do
    mount -t tmpfs -o mode=755 tmpfs "$root/$private"
done
chmod 1777 "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount --bind "$folder/srv" "$root/srv"
exec chroot "$root" /bin/bash /srv/boot.sh "$2" "$3"
