# Post-release, as the service user: what it does comes from hosts.yml, never from a file that the release user can write.
# needs: services keep
# shellcheck shell=bash

# service_act KIND ACTION NAME: act, and wait until what was released is what runs.
service_act() { services act "$@" || service_failed; }

# service_prove (KIND ACTION NAME)...: all of them once more, together.
service_prove() { services prove "$@" || service_failed; }

service_failed() {
    said_keep
    exit "$FAILED"
}
