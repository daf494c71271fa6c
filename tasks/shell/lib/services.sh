# Post-release, as the service user: what it does comes from hosts.yml, never from a file that the release user can write.
# needs: commands sudo
# shellcheck shell=bash

readonly SERVICE_NEXT='put the command into the sudoers of the service user, NOPASSWD, then type the same again'

# sudo_try WORD...: would this very command run without a password?
sudo_try() {
    sudo_allows "$@" || die "$FAILED" "sudo refuses $USER this command: ${*@Q}" "$SERVICE_NEXT"
}

# service_systemd ACTION UNIT: a glob that matches no unit is a mistake, and systemctl would not say so.
service_systemd() {
    if [[ $2 == *[*?[]* && -z $(systemctl list-units --all --plain --no-legend -- "$2") ]]; then
        die "$FAILED" "no systemd unit matches $2" "systemctl list-units --all, then correct services in hosts.yml"
    fi
    as_root systemctl "$1" "$2" && return
    systemctl --no-pager --lines=20 status -- "$2"
    return 1
}

service_supervisor() { as_root supervisorctl "$1" "$2"; }

as_root() {
    timeout --foreground -k 10 "$STEP_TIMEOUT" sudo -n "$@" && return
    (($? != 124)) || echo "$* was ended after $STEP_TIMEOUT seconds (step_timeout)"
    return 1
}

# service_run TEXT: anything else, in the service user's own environment.
service_run() {
    WORK=$HOME
    commands_run "run" . 1 "$1"
}

# health_check URL STATUS WITHIN CONTAINS (NAME VALUE)...: asked from the host itself.
health_check() {
    NONCE=$NONCE health_py "$@" && return
    SAID=yes
    exit "$FAILED"
}
