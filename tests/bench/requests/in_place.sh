#!/bin/bash
# in_place.sh: how ftsuser builds the next version in the directory that is served.
set -eu

export APP_ENV=prod NODE_ENV=production COMPOSER_DISABLE_NETWORK=1 PATH=~/.bun/bin:$PATH
cd ~/source
git fetch --quiet git@localhost:shop.git master
git checkout --quiet --force FETCH_HEAD
composer install --no-dev --no-interaction --optimize-autoloader
bun install --frozen-lockfile
bun --bun run encore production
php bin/console assets:install public --symlink --relative --no-interaction
php bin/console cache:clear
