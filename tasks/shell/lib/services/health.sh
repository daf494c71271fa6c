# Is the site well?
# needs: keep
# shellcheck shell=bash

# health_check URL STATUS WITHIN CONTAINS (NAME VALUE)...: asked from the host itself. What the site answers is told masked.
health_check() {
    guard "$(($3 + SLACK))"
    NONCE=$NONCE health_py "$@" && return
    said_keep
    exit "$FAILED"
}
