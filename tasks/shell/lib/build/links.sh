# Persistent links: from the release to directories that outlive it, on EFS say.
# shellcheck shell=bash

# links_check (PATH TARGET MOUNTPOINT)...: the target is there and the mount is mounted, before anything is built.
links_check() {
    local target mount
    while (($#)); do
        target=$(expand_home "$2") mount=$(expand_home "$3")
        [[ -z $mount ]] || link_asked "$mount" mountpoint -q -- "$mount" ||
            die "$FAILED" "$mount is not mounted, and $1 is to link to $target" "mount it: sudo mount ${mount@Q}"
        link_asked "$target" stat -L -- "$target" ||
            die "$FAILED" "$target does not exist, and $1 is to link to it" "make it on the host: mkdir -p ${target@Q}"
        shift 3
    done
}

# link_asked PATH COMMAND...: a file server that has gone hangs nobody.
link_asked() {
    timeout -k 1 10 "${@:2}" &>/dev/null
    case $? in
        0) ;;
        124 | 137) die "$FAILED" "$1 has not answered for 10 seconds" "look at its file server; on the host: findmnt --target ${1@Q}; dmesg | tail" ;;
        *) return 1 ;;
    esac
}

# links_make (PATH TARGET MOUNTPOINT)...: the link's text is the target.
links_make() {
    while (($#)); do
        link_make "$1" "$(expand_home "$2")" || return
        shift 3
    done
}

link_make() {
    local path=$1 link=$BUILD/$1 parent
    parent=$(dirname -- "$link")
    in_build "$path" ||
        die "$FAILED" "persistent link $path: its directory leads out of the build" "correct persistent_links in hosts.yml"
    mkdir -p -- "$parent" || return
    if [[ -L $link ]]; then
        rm -- "$link" || return
    elif [[ -e $link ]]; then
        link_clear "$path" || return
    fi
    ln -sT -- "$2" "$link"
}

# link_clear PATH: what stands in the way goes if git has it all; anything else would be lost.
link_clear() {
    local path=$1 file untracked=()
    while IFS= read -r -d '' file; do
        link_tracked "$file" || untracked+=("${file#"$BUILD/"}")
    done < <(find "$BUILD/$path" ! -type d -print0)
    ((${#untracked[@]} == 0)) ||
        die "$FAILED" "persistent link $path: a directory with ${#untracked[@]} files that are not in git is in the way, ${untracked[0]} for one" \
            "move them to the link's target, or let the build write elsewhere"
    rm -rf -- "${BUILD:?}/$path"
}

link_tracked() {
    git_run --literal-pathspecs -C "$(dirname -- "$1")" ls-files --error-unmatch -- "$(basename -- "$1")" >/dev/null 2>&1
}
