# Runtime files: what is not in git and must be there to run, copied from the live release into the build.
# shellcheck shell=bash

RUNTIME=()

# runtime_files (GLOB required|optional)...: what hosts.yml says they are.
runtime_files() { RUNTIME=("$@"); }

# runtime_source: the live release; where none is live yet, the directory that setup made for them.
runtime_source() {
    if [[ -d $LIVE ]]; then
        realpath -- "$LIVE"
    else
        printf '%s' "$HOME/runtime/$LIVE_LINK_NAME"
    fi
}

# runtime_expand SOURCE GLOB: the matches, relative to SOURCE, one a NUL; the seal of a release is never one.
runtime_expand() {
    (
        cd -- "$1" 2>/dev/null || exit 0
        shopt -s nullglob dotglob globstar
        IFS=
        # shellcheck disable=SC2206 # a glob is to be expanded, and IFS is empty: nothing else is
        matches=($2)
        for match in "${matches[@]}"; do
            [[ $match == release.json || (! -e $match && ! -L $match) ]] || printf '%s\0' "$match"
        done
    )
}

# runtime_check: every one is there and not empty, before anything is built.
runtime_check() {
    local source glob kind file found
    source=$(runtime_source)
    set -- "${RUNTIME[@]}"
    while (($#)); do
        glob=$1 kind=$2 found=''
        shift 2
        while IFS= read -r -d '' file; do
            found=yes
            runtime_usable "$source" "$file"
        done < <(runtime_expand "$source" "$glob")
        [[ $found || $kind == optional ]] ||
            die "$FAILED" "runtime file $glob is missing in $source" \
                "put it there, or mark it {path: ..., optional: true} in hosts.yml"
    done
}

runtime_usable() {
    local file=$1/$2
    [[ ! -d $file ]] || die "$FAILED" "runtime file $file is a directory" "name its files in hosts.yml, $2/* say"
    [[ -f $file && -O $file && $(realpath -- "$file") == "$(realpath -s -- "$(realpath -- "$1")/$2")" ]] ||
        die "$FAILED" "runtime file $file is not a regular file of $USER, reached through no link: it is a $(stat -c '%F of %U' -- "$file"), at $(realpath -m -- "$file")" \
            "put the file itself there; on the host: namei -l ${file@Q}"
    [[ -r $file ]] || die "$FAILED" "runtime file $file cannot be read by $USER" "on the host: ls -l ${file@Q}"
    [[ -s $file ]] || die "$FAILED" "runtime file $file is empty" "restore it on the host, then type the same again"
}

# runtime_copy: with mode, ACL and times; no link is followed.
runtime_copy() {
    local source file files
    source=$(runtime_source)
    BUILT_FROM=$([[ ! -d $LIVE ]] || basename -- "$source")
    mapfile -d '' -t files < <(runtime_present "$source")
    for file in "${files[@]}"; do
        in_build "$file" || die "$FAILED" "runtime file $file leads out of the build" "correct hosts.yml"
    done
    ((${#files[@]} == 0)) || NONCE=$NONCE files_py runtime "$(realpath -- "$source")" "$BUILD" "${files[@]}" && return
    (($? == FAILED)) || return
    SAID=yes
    exit "$FAILED"
}

# runtime_present [FOLDER]: the runtime files that are there; of this work tree, their values are masked in every output.
runtime_present() {
    local folder=${1-$WORK}
    set -- "${RUNTIME[@]}"
    while (($#)); do
        runtime_expand "$folder" "$1"
        shift 2
    done
}
