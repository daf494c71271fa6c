# What a release needs of a host, a line each: ok, warn or FAIL, and what to do. Nothing is changed.
# needs: ledger runtime links room repository check_lines
# shellcheck shell=bash

# check_tools NAME...: what the programs call. Without a Python that can run them, nothing more is asked.
check_tools() {
    local tool missing=() python
    for tool; do
        type -P -- "$tool" >/dev/null || missing+=("$tool")
    done
    if ((${#missing[@]})); then
        check_fail "missing on the host: ${missing[*]}" "sudo apt-get install the packages they come from"
    else
        check_ok "tools: $*"
    fi
    type -P curl >/dev/null || check_warn "curl is missing on the host" "sudo apt-get install curl"
    if ! python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 8))'; then
        python=$(python3 -I -c 'import platform; print(platform.python_version())') &&
            check_fail "python3 is $python, and the programs of this tool need 3.8" "install a python3 of 3.8 or newer"
        emit step "done" "$STEP" 0
        emit ended
        exit 0
    fi
}

# check_setup: what setup makes, on one filesystem, writable.
check_setup() {
    local folder fault
    fact live_link "$LIVE"
    fact releases "$RELEASES"
    for folder in "$STATE" "$RELEASES" "$REPO"; do
        if [[ ! -d $folder ]]; then
            check_fail "$folder is missing" "fab -H $ENVIRONMENT setup"
        elif [[ ! -w $folder ]]; then
            check_fail "$folder cannot be written to by $USER" "sudo chown -R $USER: $folder"
        fi
    done
    fault=$([[ ! -d $REPO ]] || repository_fault --connectivity-only)
    [[ -z $fault ]] || check_fail "repo.git is spoilt: $fault" "fab -H $ENVIRONMENT setup (it makes a new one, and keeps this one aside)"
    fault=$(die() { printf '%s\n%s' "$2" "$3"; exit 1; }; sound) || check_fail "${fault%%$'\n'*}" "${fault#*$'\n'}"
    [[ -w $HOME ]] || check_fail "$HOME cannot be written to by $USER, and the live link is there" "sudo chown $USER: $HOME"
    [[ -d $STATE && -d $RELEASES ]] || return 0
    if [[ $(stat -c %d -- "$STATE") == "$(stat -c %d -- "$RELEASES")" ]]; then
        check_ok "builds and releases are on one filesystem"
    else
        check_fail "$BUILDS and $RELEASES are on different filesystems" "put builds_dir and releases_dir of hosts.yml on one"
    fi
}

# check_room: what the pre-flight of a build asks for; before a first release, a gigabyte.
check_room() {
    [[ ! -d $RELEASES ]] || check_one "room for a release in $RELEASES" room_check 1000000000
}

# check_live: the live link is a link, to a sealed release.
check_live() {
    local name
    name=$(ledger live)
    if [[ -e $LIVE && ! -L $LIVE ]]; then
        check_fail "$LIVE is a directory, not the live link" "fab -H $ENVIRONMENT setup"
    elif [[ -z $name && ! -L $LIVE ]]; then
        check_warn "nothing is live yet" "fab -H $ENVIRONMENT deploy --ref BRANCH"
    elif [[ $name ]] && ledger sealed "$name"; then
        check_ok "live: $name"
    else
        check_fail "$LIVE points at $(readlink -- "$LIVE"), which is not a sealed release" "fab -H $ENVIRONMENT setup"
    fi
    [[ ! -e $STATE/hold ]] || check_warn "releases are on hold" "fab -H $ENVIRONMENT unhold"
}

# check_runtime: as the pre-flight of a build, but every file is told.
check_runtime() {
    set -- "${RUNTIME[@]}"
    while (($#)); do
        check_one "runtime file $1" runtime_check_one "$1" "$2"
        shift 2
    done
}

runtime_check_one() {
    RUNTIME=("$1" "$2")
    runtime_check
}

# check_links (PATH TARGET MOUNTPOINT)...
check_links() {
    while (($#)); do
        check_one "persistent link $1" links_check "$1" "$2" "$3"
        shift 3
    done
}

# check_one TEXT FUNCTION WORD...: what a build's own pre-flight would say, as one line of check.
check_one() {
    local said text=$1
    shift
    said=$(die() { printf '%s\n%s\n' "$2" "${3-}"; exit 1; }; "$@" 2>&1) && check_ok "$text" && return
    check_fail "$(head -n 1 <<<"$said")" "$(sed -n 2p <<<"$said")"
}

# check_clock: names never go backwards, but a clock that does makes them lie.
check_clock() {
    local stamp newest
    stamp=$LIVE_LINK_NAME-$(date -u +%Y%m%dT%H%M%SZ)
    newest=$(find "$RELEASES" -mindepth 1 -maxdepth 1 -name "$LIVE_LINK_NAME-????????T??????Z" -printf '%f\n' 2>/dev/null | sort | tail -n 1)
    [[ $newest > $stamp ]] || return 0
    check_warn "the clock of this host is behind its newest release, $newest" "timedatectl; sudo systemctl restart systemd-timesyncd"
}
