# The service user's half: sudo, the units and programs of post-release, and what they run.
# needs: sudo check_lines
# shellcheck shell=bash

# check_sudo [-u USER] WORD...: would this very command run without a password?
check_sudo() {
    local said="$*"
    if sudo_allows "$@" >/dev/null 2>&1; then
        check_ok "sudo ${said#-u root }"
    else
        check_fail "sudo refuses $USER this command: ${*@Q}" "put it into the sudoers of $USER, NOPASSWD"
    fi
}

check_unit() {
    if [[ -n $(systemctl list-units --all --plain --no-legend -- "$1") ]]; then
        check_ok "systemd $1"
    elif [[ $1 != *[*?[]* && $1 != *@ && $1 != *@.service ]] && systemctl cat -- "$1" >/dev/null 2>&1; then
        check_ok "systemd $1"
    else
        check_fail "systemd knows no unit $1" "systemctl list-units --all, then correct services in hosts.yml"
    fi
}

# check_services LIVE RELEASES (KIND ACTION NAME)...: what is told of them without doing anything.
check_services() {
    local words=("$1" "$2")
    shift 2
    while (($#)); do
        words+=("$1" "$2" "$3" "$(supervisor_status "$1" "$3")")
        shift 3
    done
    NONCE=$NONCE running_py "${words[@]}" ||
        check_warn "the services could not be looked at" "fab -H $ENVIRONMENT check again"
}

# supervisor_status KIND NAME: 0 it runs, 3 it does not, 4 there is none; nothing where sudo does not allow the question.
supervisor_status() {
    local code
    [[ $1 == supervisor ]] && sudo_allows supervisorctl status "$2" >/dev/null 2>&1 || return 0
    timeout -k 1 20 sudo -n supervisorctl status "$2" >/dev/null 2>&1
    code=$?
    [[ $code != [034] ]] || printf '%s' "$code"
}
