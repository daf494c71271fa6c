# What the pool user of php-fpm must be able to write to.
# shellcheck shell=bash

# writable_make COUNT UNIT... PATH...: these paths of the release, for the pools of those units that are a php-fpm.
writable_make() {
    local shown='' units=("${@:2:$1}")
    shift "$(($1 + 1))"
    ((${#units[@]} == 0)) || shown=$(timeout -k 1 20 systemctl show --property=Id,User,MainPID,ExecStart -- "${units[@]}")
    NONCE=$NONCE files_py writable "$RELEASE_PATH" "$shown" "$@" && return
    (($? == FAILED)) || return
    SAID=yes
    exit "$FAILED"
}
