# What a service said last, told by the release user: the values of runtime files are masked.
# needs: runtime
# shellcheck shell=bash

# said_tell FILE: secrets of every release that is still here, for a journal reaches back.
said_tell() {
    local secrets=() file
    for WORK in "$RELEASES/$LIVE_LINK_NAME"-*; do
        while IFS= read -r -d '' file; do
            secrets+=("$WORK/$file")
        done < <(runtime_present)
    done
    NONCE=$NONCE said_py "$1" "$RELEASES" "${secrets[@]}"
}
