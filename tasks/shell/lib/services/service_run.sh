# needs: commands keep
# shellcheck shell=bash

# service_run TEXT: anything else, in the service user's own environment. What it prints is told when it fails, and masked.
service_run() {
    WORK=$HOME
    (QUIET=yes commands_run "run" . 1 "$1") && return
    said_keep
    exit "$FAILED"
}
