#!/bin/bash
# lab.sh FOLDER IMAGE GROUP: process 1 of a lab, in mount, network and pid namespaces of its own (unshare makes them and starts this).
# Its network is the workstation's. It lives as long as somebody holds its stdin: then the kernel ends all that it holds.
set -euo pipefail
folder=$1 image=$2 group=/sys/fs/cgroup/$3

# /run is what the lab has on its own: the disks of its hosts too, in memory. systemd-nspawn writes to /tmp.
parts=$(dirname "$0")
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/image /run/folder /run/hosts
cp "$parts/host.sh" /run/host.sh
mount --bind "$image" /run/image
mount --bind "$folder" /run/folder
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup

# One lab at a time: another one that starts would take this one for a left one, until it is entered.
exec {turn}</sys/fs/cgroup
flock "$turn"

# What a lab left that was killed: a group with nobody in it.
for left in "${group%-*}"-*/; do
    if grep -qs '^populated 0' "$left/cgroup.events"; then
        find "$left" -depth -type d -exec rmdir {} + 2>/dev/null || true
    fi
done

before=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
mkdir -p "$group/lab" "$group/guests/workstation"
echo 0 >"$group/lab/cgroup.procs"
exec {turn}<&-

ip link set lo up
ip link add lan type bridge
ip address add 10.77.0.1/24 dev lan
ip link set lan up

echo ready
read -r _ || true

echo 1 >"$group/guests/cgroup.kill"
until grep -q '^populated 0' "$group/guests/cgroup.events"; do
    sleep 0.01
done
echo 0 >"$before/cgroup.procs"
find "$group" -depth -type d -exec rmdir {} +
