# A host that can be released to. Run again, it changes nothing.
# needs: ledger lock release git
# shellcheck shell=bash

# setup_directories: what a release needs, and a private place for the first runtime files.
setup_directories() {
    local folder
    for folder in "$BUILDS" "$STATE" "$RELEASES" "$HOME/runtime"; do
        [[ -d $folder ]] || { setup_make "$folder" 755 && emit note "made $folder"; } || return
        [[ -w $folder ]] || die "$FAILED" "$folder cannot be written to by $USER" "sudo chown $USER: ${folder@Q}; is its filesystem mounted read-only? findmnt -T ${folder@Q}"
    done
    sound
    folder=$HOME/runtime/$LIVE_LINK_NAME
    [[ -d $folder ]] || { setup_make "$folder" 700 && emit note "made $folder, for the runtime files of the first release"; } || return
    [[ $(stat -c %a -- "$folder") == 700 ]] || { chmod 700 -- "$folder" && emit note "made $folder private (0700)"; }
}

# setup_make PATH MODE: nothing is there yet, not even a link that leads nowhere.
setup_make() {
    [[ ! -e $1 && ! -L $1 ]] || die "$FAILED" "$1 is not a directory" "look at it on the host, and move it away: ls -ld ${1@Q}"
    { mkdir -p -- "${1%/*}" && mkdir -m "$2" -- "$1"; } || die "$FAILED" "$USER cannot make $1" "look on the host at what it would lie in: namei -l ${1@Q}; findmnt -T ${1@Q}"
}

# setup_lock: from here on as any other run.
setup_lock() {
    lock_take
    trap 'rm -f -- "$LOG"; : >"$STATE/lock"' EXIT
}

# setup_repository URL: bare and persistent, with git access proven. What it holds origin has too: a spoilt one is made anew.
setup_repository() {
    local url
    REPOSITORY=$1
    if [[ -L $REPO && ! -d $REPO ]] || [[ -e $REPO && (! -r $REPO || ! -d $REPO) ]]; then
        setup_set_aside
    elif [[ -d $REPO ]]; then
        git_locked setup_set_aside || return
    fi
    if [[ ! -d $REPO ]]; then
        rm -rf -- "$REPO.new" && git_run init --quiet --bare "$REPO.new" && git_run -C "$REPO.new" remote add origin "$1" && mv -T -- "$REPO.new" "$REPO" || return
        emit note "made $REPO"
    fi
    url=$(repo config --get remote.origin.url)
    [[ $url == "$1" ]] || die "$FAILED" "repo.git belongs to another origin: ${url:-none}, and hosts.yml says $1" \
        "on the host: git -C $REPO remote set-url origin URL, or another builds_dir in hosts.yml"
    repo ls-remote --quiet --heads origin >/dev/null
}

# setup_set_aside: a repo.git that is not what it should be gets another name; nothing of it is deleted.
setup_set_aside() {
    local fault aside
    fault=$(repository_fault)
    [[ $fault ]] || return 0
    aside=$REPO.spoilt-$(date -u +%Y%m%dT%H%M%SZ)
    [[ ! -e $aside ]] && mv -T -- "$REPO" "$aside" || return
    warn "repo.git was spoilt ($fault): a new one is made, the next release fetches everything again, and the old one is now $aside"
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
    local target name
    name=$(ledger live) || return
    [[ -z $name ]] || { adopt_seal "$name" link && return; }
    target=$(realpath -e -- "$LIVE") && [[ -d $target ]] ||
        die "$FAILED" "$LIVE points at $(readlink -- "$LIVE"), which is not there" "point it at a directory, or remove it"
    adopt_directory "$target" link && ln -sfn -- "$RELEASES/$RELEASE_NAME" "$HOME/.$LIVE_LINK_NAME.new" &&
        mv -fT -- "$HOME/.$LIVE_LINK_NAME.new" "$LIVE"
}

# adopt_directory PATH WAS: one exchange puts a link in its place and the directory under releases; PATH never fails to resolve.
adopt_directory() {
    local final
    RELEASE_NAME=$(ledger next) || return
    final=$RELEASES/$RELEASE_NAME
    [[ -O $1 && -w $(dirname -- "$1") ]] ||
        die "$FAILED" "$1 belongs to $(stat -c %U -- "$1"), not to $USER" "sudo chown -R $USER: $1"
    [[ $(stat -c %d -- "$1") == "$(stat -c %d -- "$RELEASES")" ]] ||
        die "$FAILED" "$1 and $RELEASES are on different filesystems" "choose a releases_dir on the filesystem of $1"
    ! mountpoint -q -- "$1" || die "$FAILED" "$1 is a mountpoint and cannot be renamed" "choose another live_link"
    adopt_refuse "$1"
    ledger record adopting "name=$RELEASE_NAME" "was=$2" && ln -s -- "$final" "$final" || return
    exchange_py "$final" "$1" || { rm -f -- "$final" && return 1; }
    adopt_seal "$RELEASE_NAME" "$2"
}

# adopt_refuse PATH: what would not survive the move, or belongs to another.
adopt_refuse() {
    local link target
    [[ ! -e $1/release.json ]] || die "$FAILED" "$1 has a release.json of its own: it may be the release of another environment" \
        "point $LIVE at a release of this one, or give that file another name"
    [[ $HOME/ != "$1"/* ]] || die "$FAILED" "$1 holds the home of $USER" "point $LIVE at the site alone"
    while IFS= read -r -d '' link; do
        target=$(readlink -- "$link")
        [[ $target == /* || $(realpath -m -- "$link") == "$(realpath -- "$1")"/* ]] || die "$FAILED" \
            "$link leads out of the site by a relative path ($target), and would break when it moves" "make it absolute: ln -sfn TARGET $link"
    done < <(find "$1" -type l -print0)
}

adopt_seal() {
    ! ledger sealed "$1" || return 0
    RELEASE_NAME=$1
    ledger seal "name=$1" "host=$(uname -n)" "tool=$TOOL_VERSION" timings && ledger record adopted "name=$1" "was=$2" || return
    emit note "what is live is now the release $1"
    ! ledger exchanged || emit pending
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

# setup_links (PATH TARGET MOUNTPOINT)...: a release links PATH to its target, and no longer shows the files that are live there now.
setup_links() {
    local live file into
    while (($#)); do
        live=$LIVE/$1 into=$(expand_home "$2") file=''
        [[ -L $live ]] || IFS= read -r -d '' file < <(find "$live" ! -type d ! -name '.git*' -print0 -quit 2>/dev/null)
        if [[ -d $live && $file ]]; then
            emit note "$1 is a directory with files (${file#"$LIVE/"}), and a release will link to $into: copy them before: cp -an ${live@Q}/. ${into@Q}/"
        elif [[ $file ]]; then
            emit note "$1 is a file, and a release will link to $into: copy it before: cp -an ${live@Q} ${into@Q}"
        fi
        shift 3
    done
}
