#!/bin/bash
# build.sh FOLDER FRONT: make the disk of a host in an empty FOLDER. It runs in mount and pid namespaces of its own, so that no
# mount outlives it. FRONT holds the package.json and bun.lock whose packages the host needs without a network.
set -euo pipefail
recipe=$(cd "$(dirname "$0")" && pwd) front=$(cd "$2" && pwd)

# apt's own user must reach the disk, and a home is closed to it.
disk=$1
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/disk /mnt/work
mount --bind "$disk" /mnt/disk
disk=/mnt/disk work=/mnt/work

packages() {
    local include
    include=$(paste --serial --delimiters=, "$recipe/packages")
    # shellcheck disable=SC2016 # apt's own variables
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
        sed -n '/ main$/p' | sort -u >"$work/sources.list"
    [[ -s $work/sources.list ]] || { echo "apt knows no package of Debian's: apt-get update" >&2 && exit 1; }
    # How this machine reaches its mirror, and for how long it trusts what the mirror says.
    apt-config dump | grep -E '^Acquire::(http|https|Check)' >"$work/apt.conf" || true
    # shellcheck source=/dev/null
    . /etc/os-release
    mmdebstrap --quiet --mode=root --variant=minbase --include="$include" \
        --aptopt="$work/apt.conf" --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/'{man,doc,locale}'/*' \
        "$VERSION_CODENAME" "$disk" - <"$work/sources.list"
    # Nothing of the machine that made it.
    rm -f "$disk"/etc/apt/sources.list "$disk"/etc/apt/sources.list.d/* "$disk"/etc/apt/apt.conf.d/99mmdebstrap
    : >"$disk/etc/resolv.conf"
}

users() {
    local user
    for user in ubuntu ftsuser; do
        chroot "$disk" useradd --create-home --shell /bin/bash --password '*' "$user"
        chroot "$disk" chmod 750 "/home/$user"
        chroot "$disk" install -d -m 700 -o "$user" -g "$user" "/home/$user/.ssh"
    done
    # A home is closed to others, as on Ubuntu: the web server is let in by its group.
    chroot "$disk" usermod --append --groups ftsuser www-data
}

settings() {
    install -m 440 "$recipe/sudoers" "$disk/etc/sudoers.d/ubuntu"
    install -m 644 "$recipe/sshd.conf" "$disk/etc/ssh/sshd_config.d/10-host.conf"
    rm -f "$disk"/etc/ssh/ssh_host_*
    : >"$disk/etc/machine-id"
    echo LANG=C.UTF-8 >"$disk/etc/default/locale"
    # They have no network, or nobody at them.
    chroot "$disk" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer console-getty.service
}

bun() {
    local home=$disk/home/ftsuser registry
    npm install --prefix "$work/npm" --no-audit --no-fund --no-save --loglevel=error bun@1.4.5
    install -D -m 755 "$work/npm/node_modules/bun/bin/bun.exe" "$home/.bun/bin/bun"
    mkdir "$work/front"
    cp "$front/package.json" "$front/bun.lock" "$work/front"
    registry=$(npm config get registry)
    (
        cd "$work/front"
        NPM_CONFIG_REGISTRY=$registry BUN_INSTALL_CACHE_DIR=$home/.bun/install/cache "$home/.bun/bin/bun" install --frozen-lockfile
    )
    # The cache is of this registry, and it is the one that bun has to ask for.
    printf '[install]\nregistry = "%s"\n' "$registry" >"$home/.bunfig.toml"
    chroot "$disk" chown -R ftsuser:ftsuser /home/ftsuser
}

packages
users
settings
bun
