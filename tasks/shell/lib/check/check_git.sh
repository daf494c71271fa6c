# Does the git server answer, to whom it should, and is it who it says it is?
# needs: git check_lines
# shellcheck shell=bash

# check_repository URL: the git server answers, without a question. Asking adds no key to any file.
check_repository() {
    local said ssh next="as $USER on the host: git ls-remote ${1@Q}"
    REPOSITORY=$1
    ssh=${GIT_SSH_COMMAND:-$(git config --get core.sshCommand || echo ssh)}
    if said=$(GIT_SSH_COMMAND="$ssh -o UpdateHostKeys=no" git_run ls-remote --quiet --heads -- "$1" 2>&1 >/dev/null); then
        check_ok "git: $1 answers"
    elif [[ $said == *'Host key verification failed'* ]]; then
        check_host_key "$1" "$ssh"
    else
        [[ $said != *'Permission denied (publickey'* ]] || next="let the git server know a key of $USER: ssh-keygen -t ed25519 on the host, then ~/.ssh/id_ed25519.pub as a deploy key"
        check_fail "git: $1 does not answer: $(grep -vE '^([Ww]arning|hint|@|$)' <<<"$said" | head -n 1)" "$next"
    fi
}

# check_host_key URL SSH: a key that nobody compared is no proof of who answers; one that changed is a reason to stop.
check_host_key() {
    local host port='' said name file new=.ssh/new
    git_host "$1"
    said=$(bash --norc --noprofile -c "$2 -G \"\$@\"" ssh ${port:+-p "$port"} -- "$host" 2>/dev/null)
    host=$(sed -n 's/^hostname //p' <<<"$said") port=$(sed -n 's/^port //p' <<<"$said") name=$(sed -n 's/^hostkeyalias //p' <<<"$said")
    [[ $port == 22 ]] || name=${name:-"[$host]:$port"}
    name=${name:-$host}
    while IFS= read -r file; do
        ssh-keygen -F "$name" -f "$(expand_home "$file")" >/dev/null 2>&1 || continue
        check_fail "git: $host shows another host key than the one that $USER knows" \
            "ask who runs $host whether it was replaced; if it was, as $USER on the host: ssh-keygen -R '$name', and look again"
        return
    done < <(sed -n 's/^\(user\|global\)knownhostsfile //p' <<<"$said" | tr ' ' '\n')
    check_fail "git: the host key of $host is not known to $USER" \
        "as $USER on the host: cd; ssh-keyscan -p $port $host >$new; ssh-keygen -lf $new; compare with the fingerprint that $host publishes; cat $new >>.ssh/known_hosts"
}

# git_host URL: host and port of an SSH URL, as they are written.
git_host() {
    local at=$1
    if [[ $at == *://* ]]; then
        at=${at#*://}
        at=${at%%/*}
        [[ ! $at =~ :([0-9]+)$ ]] || port=${BASH_REMATCH[1]}
        at=${at%":$port"}
    else
        at=${at%%:*}
    fi
    host=${at##*@}
    host=${host//[][]/}
}
