# nginx and php-fpm, and what they may read and write of the live release.
# needs: check_lines check_path runtime
# shellcheck shell=bash

# check_web PHP COUNT WRITABLE... (ACTION UNIT)...: of the services, those that are units.
check_web() {
    local files=() php=$1 count=$2
    shift 2
    mapfile -d '' -t files < <(check_private "${RUNTIME[@]}")
    NONCE=$NONCE LIVE=$LIVE RELEASES=$RELEASES PATH=$CHECK_PATH:/usr/sbin:/sbin web_py \
        php 1 "$php" private "${#files[@]}" "${files[@]}" writable "$count" "${@:1:count}" services "$(($# - count))" "${@:count+1}" ||
        check_warn "nginx and php-fpm could not be looked at" "fab -H $ENVIRONMENT check again"
}

# check_private (GLOB KIND)...: the runtime files of the live release.
check_private() {
    while (($#)); do
        runtime_expand "$LIVE" "$1"
        shift 2
    done
}
