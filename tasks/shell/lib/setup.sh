# A host that can be released to. Run again, it changes nothing.
# needs: ledger lock release git
# shellcheck shell=bash

# setup_directories: what a release needs, and a private place for the first runtime files.
setup_directories() {
    local folder
    for folder in "$BUILDS" "$STATE" "$RELEASES" "$HOME/runtime"; do
        [[ -d $folder ]] || { mkdir -p -- "$folder" && emit note "made $folder"; } || return
    done
    folder=$HOME/runtime/$LIVE_LINK_NAME
    [[ -d $folder ]] || { mkdir -m 700 -- "$folder" && emit note "made $folder, for the runtime files of the first release"; } || return
    [[ $(stat -c %a -- "$folder") == 700 ]] || { chmod 700 -- "$folder" && emit note "made $folder private (0700)"; }
}

# setup_lock: from here on as any other run.
setup_lock() {
    exec 9>>"$STATE/lock"
    flock -w 1 9 || lock_busy "$STATE/lock" ""
    exec 8>>"$STATE/job.lock"
    flock -w 1 8 || lock_busy "$STATE/job.lock" "its job is still running; "
    lock_sign "$STATE/lock"
    trap 'rm -f -- "$LOG"; : >"$STATE/lock"' EXIT
}

# setup_repository URL: bare and persistent, with git access proven.
setup_repository() {
    local url
    if [[ ! -d $REPO ]]; then
        rm -rf -- "$REPO.new" && git_run init --quiet --bare "$REPO.new" && git_run -C "$REPO.new" remote add origin "$1" && mv -T -- "$REPO.new" "$REPO" || return
        emit note "made $REPO"
    fi
    url=$(repo config --get remote.origin.url)
    [[ $url == "$1" ]] || die "$FAILED" "repo.git belongs to another origin: ${url:-none}, and hosts.yml says $1" \
        "on the host: git -C $REPO remote set-url origin URL, or another builds_dir in hosts.yml"
    REPOSITORY=$1
    repo ls-remote --quiet --heads origin >/dev/null
}

# setup_adopt: what is live already, be it a directory or a link of an earlier tool, becomes the first release.
setup_adopt() {
    if [[ -L $LIVE ]]; then
        adopt_link
    elif [[ -d $LIVE ]]; then
        adopt_directory "$LIVE" directory
    elif [[ -e $LIVE ]]; then
        die "$FAILED" "$LIVE is neither a directory nor a link" "look at it on the host: ls -l $LIVE"
    fi
}

adopt_link() {
    local target
    [[ -z $(ledger live) ]] || { adopt_seal "$(ledger live)" link && return; }
    target=$(realpath -e -- "$LIVE") && [[ -d $target ]] ||
        die "$FAILED" "$LIVE points at $(readlink -- "$LIVE"), which is not there" "point it at a directory, or remove it"
    adopt_directory "$target" link && ln -s -- "$RELEASES/$RELEASE_NAME" "$LIVE.new-link" && mv -fT -- "$LIVE.new-link" "$LIVE"
}

# adopt_directory PATH WAS: one exchange puts a link in its place and the directory under releases; PATH never fails to resolve.
adopt_directory() {
    local final
    RELEASE_NAME=$(ledger next)
    final=$RELEASES/$RELEASE_NAME
    [[ -O $1 && -w $(dirname -- "$1") ]] ||
        die "$FAILED" "$1 belongs to $(stat -c %U -- "$1"), not to $USER" "sudo chown -R $USER: $1"
    [[ $(stat -c %d -- "$1") == "$(stat -c %d -- "$RELEASES")" ]] ||
        die "$FAILED" "$1 and $RELEASES are on different filesystems" "choose a releases_dir on the filesystem of $1"
    ! mountpoint -q -- "$1" || die "$FAILED" "$1 is a mountpoint and cannot be renamed" "choose another live_link"
    ln -s -- "$final" "$final" && exchange_py "$final" "$1" || return
    adopt_seal "$RELEASE_NAME" "$2"
}

adopt_seal() {
    [[ ! -e $RELEASES/$1/release.json ]] || return 0
    RELEASE_NAME=$1
    ledger seal "name=$1" "host=$(uname -n)" "tool=$TOOL_VERSION" timings && ledger record adopted "name=$1" "was=$2" || return
    emit note "what is live is now the release $1"
    [[ $2 == link ]] || emit pending
}

# setup_report: what is still for a person to do.
setup_report() {
    local glob kind file
    set -- "${RUNTIME[@]}"
    while (($#)); do
        glob=$1 kind=$2 file=''
        shift 2
        IFS= read -r -d '' file < <(runtime_expand "$(runtime_source)" "$glob") || true
        [[ $file ]] || emit note "runtime file $glob ($kind) belongs in $(runtime_source)"
    done
}
