#!/bin/bash
# host.sh boot|off|discard FOLDER NAME NUMBER GROUP: a host of the lab whose namespaces this runs in.
set -euo pipefail
verb=$1 name=$3 number=$4 group=/sys/fs/cgroup/$5/guests/$2
here=/run/hosts/$2 files=/run/folder/$2
disk=$here/disk network=$here/network

# A disk that nobody wrote to.
make() {
    local user
    mkdir -p "$here"/{upper,work,disk}
    mount -t overlay overlay -o "lowerdir=/run/image,upperdir=$here/upper,workdir=$here/work" "$disk"
    echo "$name" >"$disk/etc/hostname"
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >"$disk/etc/hosts"
    install -m 600 "$files/host_key" "$disk/etc/ssh/ssh_host_ed25519_key"
    install -m 644 "$files/host_key.pub" "$disk/etc/ssh/ssh_host_ed25519_key.pub"
    for user in ftsuser ubuntu; do
        install -m 600 "$files/id_ed25519.pub" "$disk/home/$user/.ssh/authorized_keys"
        chroot "$disk" chown "$user:$user" "/home/$user/.ssh/authorized_keys"
    done
    # What the tests push to belongs to root.
    printf '[safe]\n\tdirectory = /srv/origin.git\n' >"$disk/home/ftsuser/.gitconfig"
    chroot "$disk" chown ftsuser:ftsuser /home/ftsuser/.gitconfig
}

# A network card with the same address at each boot, else the others would ask for the one that is gone.
plug() {
    touch "$network"
    unshare --net="$network" true
    ip link add "to$number" type veth peer name host0 address "02:00:00:00:00:$(printf %02x "$number")" netns "$network"
    ip link set "to$number" master lan up
    nsenter --net="$network" ip link set lo up
    nsenter --net="$network" ip address add "10.77.0.$((10 + number))/24" dev host0
    nsenter --net="$network" ip link set host0 up
}

boot() {
    off
    [[ -d $disk ]] || make
    plug
    mkdir -p "$group"
    echo 0 >"$group/cgroup.procs"
    exec systemd-nspawn --quiet --boot --keep-unit --register=no --directory="$disk" --machine="$name" \
        --network-namespace-path="$network" --bind="$files/srv:/srv" \
        --resolv-conf=off --timezone=off --link-journal=no --console=read-only </dev/null
}

# The power goes, and the link before it: a dead machine does not close its connections.
off() {
    ip link delete "to$number" 2>/dev/null || true
    if [[ -d $group ]]; then
        echo 1 >"$group/cgroup.kill"
        until grep -q '^populated 0' "$group/cgroup.events"; do
            sleep 0.01
        done
        find "$group" -depth -type d -exec rmdir {} +
    fi
    ! mountpoint --quiet "$network" || umount "$network"
}

discard() {
    off
    ! mountpoint --quiet "$disk" || umount "$disk"
    rm -rf "$here"
}

"$verb"
