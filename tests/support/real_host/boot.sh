#!/bin/bash
# boot.sh PORT ADDRESS: process 1 of the test host. Users and sshd exist only here, and only as long as somebody holds its stdin:
# when process 1 ends, the kernel ends all the others.
set -eu

echo web1 >/proc/sys/kernel/hostname
printf '127.0.0.1 localhost\n127.0.1.1 web1\n' >/etc/hosts
for user in ftsuser ubuntu; do
    if id "$user" >/dev/null 2>&1; then
        userdel --force "$user" 2>/dev/null
    fi
    useradd --create-home --shell /bin/bash --password '*' "$user"
    chmod 750 "/home/$user"
    install -d -m 700 -o "$user" -g "$user" "/home/$user/.ssh"
    install -m 600 -o "$user" -g "$user" /srv/authorized_keys "/home/$user/.ssh/authorized_keys"
done
printf '[safe]\n\tdirectory = /srv/origin.git\n' >/home/ftsuser/.gitconfig
chown ftsuser: /home/ftsuser/.gitconfig
install -m 755 /srv/systemctl /srv/supervisorctl /usr/local/bin
install -m 440 /srv/sudoers /etc/sudoers
rm -rf /etc/sudoers.d

# The services that the stand-ins know: a line of each file is a start or a reload.
mkdir -p /run/services /run/sshd
touch /run/services/{php8.2-fpm,messenger-worker@1,messenger-worker@2,nginx}.service /run/services/releases.program
install -m 666 /dev/null /run/services.log

/usr/sbin/sshd -D -e -f /srv/sshd_config -p "$1" -o ListenAddress="$2" &
read -r _ || true
