# The sudo of the proof: what post-release asks of processes and of php-fpm, which hosts.yml does not name.
# needs: services check_services
# shellcheck shell=bash

# check_proof (KIND ACTION NAME)...: every command that the proof takes, once.
check_proof() {
    local -A checked=()
    [[ -e /proc/1/stat ]] || check_fail "$HIDDEN" "$SHOWN"
    while (($#)); do
        service_commands check_sudo_once commands-now "$1" "$2" "$3"
        shift 3
    done
}

check_sudo_once() {
    [[ -z ${checked[$*]-} ]] || return 0
    checked[$*]=yes
    check_sudo "$@"
}
