# What a service said last, told by the release user: the values of runtime files are masked.
# needs: runtime
# shellcheck shell=bash

# said_tell [FILE]
said_tell() {
    local secrets=()
    [[ ${1-} ]] || return 0
    WORK=$RELEASE_PATH
    mapfile -d '' -t secrets < <(runtime_present)
    NONCE=$NONCE said_py "$1" "$WORK" "${secrets[@]}"
}
