# Is the site well?
# shellcheck shell=bash

# health_check URL STATUS WITHIN CONTAINS (NAME VALUE)...: asked from the host itself.
health_check() {
    NONCE=$NONCE health_py "$@" && return
    SAID=yes
    exit "$FAILED"
}
