# The bare repository and the disposable worktree. Other environments of the host share repo.git, hence its lock.
# needs: repository
# shellcheck shell=bash

# git_run WORD...: git that never asks, never goes to the background, inherits no descriptor of ours, and ends with who runs it.
git_run() {
    local ssh=${GIT_SSH_COMMAND:-$(git config --get core.sshCommand || echo ssh)} allow=()
    case ${REPOSITORY-} in /* | file://*) allow=(-c protocol.file.allow=always) ;; esac # its submodules may lie on this disk too
    env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE -u GIT_OBJECT_DIRECTORY -u GIT_COMMON_DIR -u GIT_NAMESPACE LC_ALL=C.UTF-8 GIT_CEILING_DIRECTORIES="${BUILDS-}" GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=false \
        GIT_SSH_COMMAND="$ssh -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=10" \
        setpriv --pdeathsig TERM -- timeout --foreground -k 10 "$STEP_TIMEOUT" git -c gc.auto=0 -c maintenance.auto=false -c core.fsync=all -c core.hooksPath=/dev/null \
        -c advice.detachedHead=false "${allow[@]}" "$@" </dev/null 3>&- 6>&- 8>&- 9>&-
}

repo() { git_run -C "$REPO" "$@"; }

# git_locked FUNCTION WORD...: one at a time in repo.git.
git_locked() {
    local code
    exec 7<"$REPO" || return
    flock -n 7 || { emit note "waiting for another environment of this host to finish with repo.git" && flock -w "${GIT_WAIT-$STEP_TIMEOUT}" 7; } || return
    git_unlock
    "$@" 7>&-
    code=$?
    exec 7<&-
    return "$code"
}

# git_unlock: git's own locks are files, and stay when it is killed. Whoever holds the lock of repo.git is alone in it: they are stale.
git_unlock() {
    local file
    for file in "$REPO"/worktrees/*/locked; do
        [[ -s $file && $(<"$file") != initializing ]] || rm -f -- "$file" # of a worktree that was never finished; prune passes it over
    done
    find "$REPO" -maxdepth 1 -name '*.lock' -delete
    find "$REPO/refs" "$REPO/worktrees" -name '*.lock' -delete 2>/dev/null
    kill -0 "$(cut -d ' ' -f 1 -- "$REPO/gc.pid" 2>/dev/null)" 2>/dev/null || find "$REPO/objects" -maxdepth 2 -name 'tmp_*' -delete
    return 0
}

# git_fetch URL: everything that origin has now, forced and deleted branches included, into remote-tracking names.
git_fetch() {
    local url
    REPOSITORY=$1
    url=$(repo config --get remote.origin.url)
    [[ $url ]] || repository_failed
    [[ $url == "$REPOSITORY" ]] || die "$FAILED" "repo.git belongs to another origin: ${url:-none}, and hosts.yml says $REPOSITORY" \
        "on the host: git -C $REPO remote set-url origin URL, or another builds_dir in hosts.yml"
    git_locked repo fetch --prune --force --no-tags --no-recurse-submodules --quiet origin \
        '+refs/heads/*:refs/remotes/origin/*' '+refs/tags/*:refs/tags/*' || repository_failed
}

# git_resolve: RELEASE_REF, a branch, tag or commit, to one COMMIT that origin has now. Never an option, never an expression.
git_resolve() {
    local branch='' tag='' name=$RELEASE_REF
    case $name in
        refs/heads/*) branch=$(git_named "refs/remotes/origin/${name#refs/heads/}") ;;
        refs/tags/*) tag=$(git_named "$name") ;;
        *)
            branch=$(git_named "refs/remotes/origin/$name")
            tag=$(git_named "refs/tags/$name")
            ;;
    esac
    if [[ $branch && $tag && $branch != "$tag" ]]; then
        die "$FAILED" "$name is both a branch (${branch:0:12}) and a tag (${tag:0:12})" \
            "name the one you mean: --ref refs/heads/$name or --ref refs/tags/$name"
    fi
    COMMIT=${branch:-$tag}
    [[ $COMMIT ]] || git_by_hash "$name"
    [[ $COMMIT ]] || git_unknown "$name"
    export RELEASE_COMMIT=$COMMIT
    fact commit "$COMMIT"
}

# git_named FULLNAME: the commit that this ref points at, through an annotated tag; nothing if there is no such ref.
git_named() {
    local object
    repo check-ref-format "$1" || return 0
    object=$(repo show-ref --verify --hash -- "$1" 2>/dev/null) || return 0
    repo rev-parse --quiet --verify "$object^{commit}"
}

# git_by_hash HASH: a full or short commit; only one that a branch or a tag of origin still reaches.
git_by_hash() {
    local hash=${1,,} found
    [[ $hash =~ ^[0-9a-f]{4,64}$ ]] || return 0
    found=$(repo rev-parse --quiet --verify "$hash^{commit}" 2>/dev/null)
    [[ $found == "$hash"* ]] || return 0 # none, or that of a tag which is spelt like a hash
    [[ $(repo for-each-ref --count=1 --contains "$found" refs/remotes/origin refs/tags) ]] ||
        die "$FAILED" "commit $found is on no branch and no tag of origin any more" "push it to a branch, or name another ref"
    COMMIT=$found
}

git_unknown() {
    local names
    names=$(repo for-each-ref --count=8 --sort=-committerdate --format='%(refname:lstrip=3)' refs/remotes/origin | paste -sd ' ')
    die "$FAILED" "origin has no branch, tag or commit ${1@Q}" "name one that is there; the newest branches: ${names:-none}"
}

# git_worktree: the disposable work tree of COMMIT at BUILD, submodules and all.
git_worktree() {
    git_locked git_checkout || repository_failed || return
    git_lfs_check
}

git_checkout() {
    repo worktree prune && repo worktree add --detach --force "$BUILD" "$COMMIT" || return
    [[ ! -e $BUILD/.gitmodules ]] || git_run -C "$BUILD" submodule update --init --recursive
}

# git_lfs_check: a pointer in place of a file means that git-lfs was not there to fetch it.
git_lfs_check() {
    local file first='version https://git-lfs.github.com/spec/v1' line pointers=()
    while IFS= read -r -d '' file; do
        IFS= read -r line <"$BUILD/$file" 2>/dev/null || true
        if [[ $line == "$first" && $(stat -c %s -- "$BUILD/$file") -lt 1024 ]]; then
            pointers+=("$file")
        fi
    done < <(git_run -C "$BUILD" grep -lzI --recurse-submodules -e "^$first" 2>/dev/null)
    ((${#pointers[@]} == 0)) || die "$FAILED" "${#pointers[@]} files are still Git LFS pointers, ${pointers[0]} for one" \
        "on the host: sudo apt-get install git-lfs, then as $USER: git lfs install"
}

# git_detach: the release needs no repository: no .git, and no record of the worktree in repo.git.
git_detach() {
    find "$BUILD" -name .git -prune -exec rm -rf -- {} + && git_locked repo worktree prune
}
