#!/bin/bash
# floor.sh: what a release is, done on the host by one script and nothing else. Values come before it, a verb after it.
set -eu

release() {
    local commit name release file link
    exec 9>lock
    flock --nonblock 9
    [ -d repo.git ] || git clone --quiet --mirror "$BENCH_REPOSITORY" repo.git
    git -C repo.git fetch --quiet origin
    commit=$(git -C repo.git rev-parse "refs/heads/$BENCH_BRANCH^{commit}")
    name=$(date -u +%Y%m%dT%H%M%S.%N) release=releases/$name
    mkdir -p "$release"
    git -C repo.git archive "$commit" | tar -x -C "$release"
    mkdir -p "$release/config" "$release/public"
    for file in .env.local config/one.json config/two.json; do
        cp -p "shared/$file" "$release/$file"
    done
    for link in public/media public/uploads; do
        ln -s "$BENCH_PLACE/shared/$link" "$release/$link"
    done
    for _ in 1 2 3 4 5 6 7 8; do
        (cd "$release" && bash -c true)
    done
    swap "$release"
    echo "$name $commit" >>history
    (cd releases && printf "%s\n" * | head -n "-$BENCH_KEEP" | xargs -r rm -rf)
}

rollback() {
    local live previous
    live=$(readlink current)
    previous=$(printf "%s\n" releases/* | grep -B 1 -x "$live" | head -n 1)
    swap "$previous"
    echo "$previous rollback" >>history
}

status() {
    readlink current
    ls releases
    tail -n 5 history
}

swap() {
    ln -s "$1" current.new
    mv -T current.new current
}

cd "$BENCH_PLACE"
