# From a build that is nobody's yet to a sealed release, and the removal of what never became one.
# needs: ledger lock git left trash
# shellcheck shell=bash

# release_begin: join the run's lock; from here on a failure leaves nothing but its log and its line in history.
release_begin() {
    lock_join
    [[ ! -e $RELEASE_PATH && ! -L $RELEASE_PATH && ! -e $BUILD && ! -L $BUILD ]] || die "$FAILED" "$RELEASE_PATH is there already" "fab -H $ENVIRONMENT releases"
    ledger record begin "name=$RELEASE_NAME" "ref=$RELEASE_REF" || return
    BEGUN=yes
    WORK=$BUILD
}

# release_sweep: remove what a dead run left. Only what its own begin record names, and never a sealed release.
release_sweep() {
    local name folder
    while IFS= read -r -d '' name; do
        [[ $name != "$RELEASE_NAME" ]] || continue
        if ledger sealed "$name"; then
            ledger record sealed "name=$name" "settled=yes"
        else
            release_discard "$name" && ledger record swept "name=$name" && emit note "removed what a dead run left of $name"
        fi
    done < <(ledger unfinished)
    for folder in "$STATE/$LIVE_LINK_NAME"-????????T??????Z; do
        [[ $folder == "$BUILD" || ! -d $folder ]] || trash "$folder" || remove_tree "$folder" || warn "$folder could not be removed"
    done
    rm -f -- "$HOME/.$LIVE_LINK_NAME.new"
    trash_later
    find "$STATE/jobs" -mindepth 1 -maxdepth 1 -type d ! -name "$RUN-*" -mtime +7 -exec rm -rf -- {} + || true
}

# release_discard NAME: the build and the unsealed directory of that name.
readonly UNSEALED=10
release_discard() {
    [[ $1 ]] || return 0
    ledger sealed "$1"
    (($? == UNSEALED)) || return 0
    left_end "$STATE/$1"
    trash "$STATE/$1" "$RELEASES/$1" || { remove_tree "$STATE/$1" && remove_tree "$RELEASES/$1"; }
}

# preflight_place: a build can become a release here by one rename.
preflight_place() {
    local folder
    for folder in "$STATE" "$RELEASES" "$HOME"; do
        [[ -w $folder ]] || die "$FAILED" "$folder cannot be written to by $USER" "fab -H $ENVIRONMENT check"
    done
    [[ $(stat -c %d -- "$STATE") == "$(stat -c %d -- "$RELEASES")" ]] ||
        die "$FAILED" "$BUILDS and $RELEASES are on different filesystems: a build could not be moved in one step" \
            "put builds_dir and releases_dir of hosts.yml on one filesystem"
}

# release_drop PATH...: what is not needed to run is left out.
release_drop() {
    local path
    for path; do
        [[ -e $BUILD/$path || -L $BUILD/$path ]] || continue
        in_build "$path" || die "$FAILED" "drop: $path leads out of the build" "correct hosts.yml"
        remove_tree "$BUILD/$path" || return
    done
}

# release_move: into its final place by one rename; publish and verify then run where the release will live.
release_move() {
    [[ ! -e $BUILD/release.json && ! -L $BUILD/release.json ]] ||
        die "$FAILED" "the build has a release.json of its own, and that is the seal of a release" "give that file another name"
    [[ ! -L $BUILD ]] || die "$FAILED" "a command has put a link in the place of the build: $(readlink -- "$BUILD")" "correct hosts.yml"
    mv -T -- "$BUILD" "$RELEASE_PATH" && WORK=$RELEASE_PATH
}

release_flush() { sync -f "$RELEASE_PATH"; }

# release_seal: release.json, written last, by rename. From here on it is a release.
release_seal() {
    ledger seal "name=$RELEASE_NAME" "ref=$RELEASE_REF" "commit=$COMMIT" "host=$(uname -n)" "built_from=${BUILT_FROM-}" "carried=${CARRIED-}" \
        "tool=$TOOL_VERSION" timings "${TIMINGS[@]}" || return
    SEALED=yes
    ledger record sealed "name=$RELEASE_NAME" "ref=$RELEASE_REF" "commit=$COMMIT"
    fact release "$RELEASE_NAME"
}

# undo CODE: what the end of a build job removes unless it was sealed.
undo() {
    [[ ${BEGUN-} && -z ${SEALED-} ]] || return 0
    release_discard "$RELEASE_NAME"
    GIT_WAIT=1 git_locked repo worktree prune
    ledger record failed "name=$RELEASE_NAME" "step=$STEP" "code=$1"
    trash_later
}
