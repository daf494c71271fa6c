# Room for one more release on the filesystem that builds and releases share.
# needs: ledger trash
# shellcheck shell=bash

# room_check BYTES: room for a release like the newest, and half of that again; BYTES where there is none. The trash is waited for.
room_check() {
    local bytes inodes free all_inodes free_inodes
    read -r bytes inodes < <(ledger size)
    bytes=$((bytes ? bytes * 3 / 2 : $1)) inodes=$((${inodes:-1000} * 3 / 2))
    room_free || return
    if room_short && [[ $(trash_find ! -name '*.left' -print -quit) ]]; then
        trash_empty -w "$STEP_TIMEOUT"
        room_free || return
    fi
    ! room_short || die "$FAILED" \
        "only $(room_words "$free" "$free_inodes") are free in $RELEASES, and a release needs about $(room_words "$bytes" "$inodes")" \
        "fab -H $ENVIRONMENT prune, fewer keep_releases in hosts.yml, or a larger disk: df -h ${RELEASES@Q}; df -i ${RELEASES@Q}"
}

room_free() {
    local blocks size
    read -r blocks size all_inodes free_inodes < <(stat -f -c '%a %S %c %d' -- "$RELEASES") && free=$((blocks * size))
}

# room_short: is either too little? A filesystem that counts no inodes says 0 of 0.
room_short() { ((free < bytes || (all_inodes > 0 && free_inodes < inodes))); }

room_words() { printf '%s MB and %s inodes' "$(($1 / 1000000))" "$2"; }
