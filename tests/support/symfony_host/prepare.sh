#!/bin/bash
# prepare.sh: makes a booted host serve the shop, once the files beside it lie in its /etc. Its units run nothing before the first release.
set -eu

rm -f /etc/nginx/sites-enabled/default /etc/php/8.2/fpm/pool.d/www.conf

systemctl daemon-reload
systemctl --quiet enable --now mnt-efs.mount
systemd-tmpfiles --create /etc/tmpfiles.d/shop.conf
systemctl --quiet enable --now messenger-worker@1 messenger-worker@2 dossier-api
systemctl restart php8.2-fpm nginx
supervisorctl update >/dev/null

# A git server, on this very host: the key of ftsuser may fetch, and whoever may log in as ftsuser may push.
useradd --create-home --shell /usr/bin/git-shell --password '*' git
runuser -u git -- git init --quiet --bare --initial-branch=master /home/git/shop.git
runuser -u ftsuser -- ssh-keygen -q -t ed25519 -N '' -C ftsuser -f /home/ftsuser/.ssh/id_ed25519
echo "localhost $(cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub)" >/home/ftsuser/.ssh/known_hosts
install -d -m 700 -o git -g git /home/git/.ssh
cat /home/ftsuser/.ssh/authorized_keys /home/ftsuser/.ssh/id_ed25519.pub >/home/git/.ssh/authorized_keys
