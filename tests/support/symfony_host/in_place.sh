#!/bin/bash
# in_place.sh FOLDER: how the shop was released before, typed by ftsuser in the very directory that is served.
set -eu

export APP_ENV=prod NODE_ENV=production COMPOSER_DISABLE_NETWORK=1 PATH=~/.bun/bin:$PATH
cd "$1"
git init --quiet
git fetch --quiet git@localhost:shop.git master
git checkout --quiet --force FETCH_HEAD
composer install --no-dev --no-interaction --optimize-autoloader
bun install --frozen-lockfile
bun --bun run encore production
mkdir -p public/media public/uploads
php bin/console assets:install public --symlink --relative --no-interaction
php bin/console cache:warmup
chmod -R a+rwX var
cd apps/dossier-api
composer install --no-dev --no-interaction --optimize-autoloader
