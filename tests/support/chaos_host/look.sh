#!/bin/bash
# look.sh: what lies on the host, one thing a line: a kind, a tab, words. As root.
cd /home/ftsuser || exit

told() { printf '%s\t%s\t%s\n' "$1" "$2" "${3-}"; }

# Everything of a release that changes when somebody writes to it.
print_of() {
    find . -printf '%P %y %m %U %G %T@ %s %l\n' | LC_ALL=C sort | sha256sum | cut -c 1-16
}

# Everything that a release has, but for what differs between two: its own assets and those carried, its seal, what the site wrote.
content() {
    find . \( -path ./release.json -o -path './public/build/*' -o -path './var/*' -o -path ./built \) -prune -o -printf '%P %y %m %l\n' | LC_ALL=C sort
    find . -type f ! -path ./release.json ! -path './public/build/*' ! -path './var/*' ! -path ./built -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum
}

told live "$(readlink source)"
find . -maxdepth 1 -name '.source.*' -printf 'left\t%f\t\n'
for path in releases/* releases/.[!.]*; do
    name=${path#releases/}
    if [[ -f $path/release.json ]]; then
        own=$(cd "$path" && cat built "public/build/$name.css" var/cache/warm 2>&1 | sort -u | paste -sd ' ')
        told sealed "$name" "$(cd "$path" && content | sha256sum | cut -c 1-16) $own"
        told print "$name" "$(cd "$path" && print_of)"
    elif [[ -e $path ]]; then
        told unsealed "$name"
    fi
done
for path in builds/* builds/.[!.]* builds/source/* builds/source/.[!.]*; do
    case ${path#builds/} in
        repo.git | repo.git.lock | source | source/history | source/hold | source/lock | source/job.lock | source/move | source/jobs | source/logs) ;;
        source/reserve | source/runtime | source/runtime.key | source/program-*) ;;
        source/trash) find builds/source/trash -mindepth 1 -maxdepth 1 -printf 'left\t%p\t\n' ;;
        *) [[ ! -e $path ]] || told left "$path" ;;
    esac
done
[[ ! -e builds/repo.git/worktrees ]] || told left "builds/repo.git/worktrees: $(ls builds/repo.git/worktrees)"
find builds/repo.git \( -name '*.lock' -o -name 'tmp_*' \) -printf 'left\t%p\t\n'
runuser -u ftsuser -- git -C builds/repo.git fsck --no-dangling --no-progress 2>&1 | grep -v '^notice: HEAD points to an unborn branch' |
    sed 's/^/fsck\t/'
for lock in lock job.lock move; do
    flock -n "builds/source/$lock" true || told held "$lock"
done
while IFS= read -r line; do
    told history "$line"
done <builds/source/history
