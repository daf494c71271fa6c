# The smallest sudoers file with which post-release works, as this host needs it.
# needs: services
# shellcheck shell=bash

# sudoers_rule [-u USER] WORD...: one line; every word is exactly itself, but for the process that is looked at.
sudoers_rule() {
    local user=root line word
    if [[ $1 == -u ]]; then
        user=$2
        shift 2
    fi
    line=$(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin type -P -- "$1") || {
        emit text "# $1 is not on this host"
        return 0
    }
    shift
    for word; do
        [[ $word == /proc/1/cwd ]] && line+=' /proc/[0-9]*' || line+=" $(sudoers_word "$word")"
    done
    emit text "$USER ALL=($user) NOPASSWD: $line"
}

# sudoers_word WORD: what sudoers reads as this word and no other.
sudoers_word() {
    local word=$1 quoted='' at
    for ((at = 0; at < ${#word}; at++)); do
        [[ ${word:at:1} != [][\\,:=*?!\#\"] ]] || quoted+=\\
        quoted+=${word:at:1}
        [[ ${word:at:1} != \\ ]] || quoted+=\\\\ # sudo unquotes it once, and its glob once more
    done
    printf '%s' "$quoted"
}

# sudoers_service KIND ACTION NAME: what following and its proof take besides the action itself.
sudoers_service() { service_commands sudoers_rule commands "$@"; }

# sudoers_journal: the last words of a service that does not come up.
sudoers_journal() {
    [[ " $(id -nG) " == *' adm '* || " $(id -nG) " == *' systemd-journal '* ]] ||
        emit text "# so that a failure shows the journal: sudo usermod --append --groups systemd-journal $USER"
}
