#!/bin/bash
# front_end.sh: in the place of Bun and Encore, so that repetitions are quick: assets with hashed names, and the manifest that leads to them.
set -eu

hash=$(sha256sum assets/shop.css | head -c 8)
mkdir -p public/build
for file in shop.css shop.js runtime.js; do
    cp assets/shop.css "public/build/${file%.*}.$hash.${file##*.}"
    echo "\"build/$file\": \"/build/${file%.*}.$hash.${file##*.}\""
done | paste --serial --delimiters , | sed 's/.*/{&}/' >public/build/manifest.json
