# Old releases go, but for those that somebody uses.
# needs: lock trash in_use prunable
# shellcheck shell=bash

# release_prune KEEP (RELEASE PROCESS)...: the oldest sealed releases beyond KEEP, but for these, which are in use.
release_prune() {
    local code at place used stuck
    lock_join
    mapfile -d '' -t used < <(in_use "$(realpath -- "$RELEASES")")
    mapfile -d '' -t stuck < <(prunable prune "$1" "${used[@]}" "${@:2}")
    wait "$!"
    code=$?
    for ((at = 0; at < ${#stuck[@]}; at += 2)); do
        code=1 place=$RELEASES/${stuck[at]}
        warn "${stuck[at]} could not be pruned: ${stuck[at + 1]}: sudo rm -rf -- ${place@Q}"
    done
    find "$STATE/logs" -mindepth 1 -maxdepth 1 -name '*.log' -mtime +90 -delete
    trash_tell
    trash_later gc
    return "$code"
}

# trash_tell: what nobody but its owner can delete, and how.
trash_tell() {
    local entry
    while IFS= read -r -d '' entry; do
        [[ -e $entry.left || $(find "$entry" -type d ! -user "$UID" ! -writable ! -empty -print -quit 2>/dev/null) ]] || continue
        warn "$USER cannot delete all of ${entry##*/}, which was removed: sudo rm -rf -- ${entry@Q}"
    done < <(trash_find ! -name '*.left' -print0)
}
