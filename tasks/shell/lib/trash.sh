# What goes is renamed into the trash, so that nothing is ever seen half removed; a process that holds up nobody deletes it.
# needs: git
# shellcheck shell=bash

# trash PATH...: each out of its place by one rename, to a name that nothing has.
trash() {
    local path
    mkdir -p -- "$STATE/trash" || return
    for path; do
        [[ -e $path || -L $path ]] || continue
        [[ -L $path || -w $path ]] || chmod u+w -- "$path"
        [[ $(stat -c %d -- "$path") == "$(stat -c %d -- "$STATE/trash")" ]] || return # mv would copy it
        mv -T -- "$path" "$STATE/trash/${path##*/}.$BASHPID.${EPOCHREALTIME/[.,]/}" || return
    done
}

trash_find() { find "$STATE/trash" -mindepth 1 -maxdepth 1 "$@" 2>/dev/null; }

# trash_later [gc]: delete what lies there, in a session of its own that has nothing of this run; then let git tidy repo.git.
trash_later() {
    local low=(nice -n 19)
    [[ ${1-} || $(trash_find -print -quit) ]] || return 0
    ! type -P ionice >/dev/null || low+=(ionice -c 3)
    (cd / && STATE=$STATE REPO=$REPO STEP_TIMEOUT=86400 exec setsid -f "${low[@]}" \
        bash --norc --noprofile -p -c "$(declare -f trash_find trash_empty trash_gc remove_tree git_run repo); trash_empty -n; ${1:+trash_gc}") \
        </dev/null &>/dev/null 3>&- 6>&- 7>&- 8>&- 9>&-
}

# trash_empty [-n]: one process at a time (-n: or none). What cannot be deleted gets a file beside it, its name and ".left".
trash_empty() {
    local entry more=yes
    while [[ $more && -d $STATE/trash ]]; do
        exec 5<"$STATE/trash" && flock "$@" 5 || return 0
        while IFS= read -r -d '' entry; do
            if [[ $entry == *.left ]]; then
                [[ -e ${entry%.left} ]] || rm -f -- "$entry"
            elif remove_tree "$entry"; then
                rm -f -- "$entry.left"
            else
                : >"$entry.left" || return 0
            fi
        done < <(trash_find -print0)
        exec 5<&-
        more='' # whoever brought something while the lock was held has found it taken
        while IFS= read -r -d '' entry; do
            [[ $entry == *.left || -e $entry.left ]] || more=yes
        done < <(trash_find -print0)
    done
}

# trash_gc: as after any fetch of git's own, but never in the way of one: no ref is locked, nothing younger than two weeks goes.
trash_gc() {
    repo -c gc.auto=6700 -c gc.autoDetach=false -c gc.packRefs=false -c gc.reflogExpire=never -c gc.reflogExpireUnreachable=never \
        -c gc.writeCommitGraph=false -c gc.worktreePruneExpire=never -c gc.pruneExpire=2.weeks.ago -c pack.threads=1 \
        -c pack.windowMemory=64m gc --auto --quiet
}

# remove_tree PATH: files keep their modes, for a package cache may have linked them into releases too.
remove_tree() {
    rm -rf -- "$1" 2>/dev/null && return
    find "$1" -type d -exec chmod u+rwx -- {} + 2>/dev/null
    rm -rf -- "$1"
}
