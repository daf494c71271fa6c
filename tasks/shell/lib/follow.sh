# Post-release, as the service user: what it does comes from hosts.yml, never from a file that the release user can write.
# needs: services commands
# shellcheck shell=bash

# service_act KIND ACTION NAME: act, and wait until what was released is what runs.
service_act() { services act "$@" || service_failed; }

# service_prove (KIND ACTION NAME)...: all of them once more, together.
service_prove() { services prove "$@" || service_failed; }

service_failed() {
    SAID=yes
    tail_of_log "$STEP_MARK"
    exit "$FAILED"
}

# service_run TEXT: anything else, in the service user's own environment.
service_run() {
    WORK=$HOME
    commands_run "run" . 1 "$1"
}
