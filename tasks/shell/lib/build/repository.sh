# Is repo.git what it should be? It holds nothing that origin has not, so one that is spoilt is made anew by setup.
# needs: git
# shellcheck shell=bash

# repository_fault [OPTION]: what is wrong with it, for `git fsck OPTION`; nothing when it is sound.
# shellcheck disable=SC2120
repository_fault() {
    local other
    [[ -d $REPO ]] || { echo "it is not a directory" && return; }
    other=$(find -H "$REPO" ! -uid "$EUID" -print -quit 2>&1)
    [[ -z $other ]] || { echo "it is not all of $USER: $(head -n 1 <<<"$other")" && return; }
    [[ $(repo rev-parse --is-bare-repository 2>/dev/null) == true ]] || { echo "git does not take it for a bare repository" && return; }
    [[ $(repo config --get remote.origin.url) ]] || { echo "it has no origin" && return; }
    [[ $(repo rev-parse --is-shallow-repository) == false ]] || { echo "it is shallow" && return; }
    repo fsck --no-dangling --no-progress "$@" >/dev/null 2>&1
    case $? in
        0 | 1 | 124 | 137) ;; # 1: an object is malformed, as it may be at origin; else fsck had no time to say
        *) echo "objects or refs in it are missing or spoilt" ;;
    esac
}

# repository_failed: git has failed, and said why. If repo.git is the reason, it can be mended.
repository_failed() {
    local fault
    # shellcheck disable=SC2119
    fault=$(repository_fault)
    [[ -z $fault ]] || die "$FAILED" "repo.git is spoilt: $fault" "fab -H $ENVIRONMENT setup (it makes a new one, and keeps this one aside)"
    return 1
}
