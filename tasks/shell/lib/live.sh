# The cutover: the one way in which the live link ever moves.
# needs: ledger lock
# shellcheck shell=bash

# live_target: what is to go live; for a rollback that names none, the newest good release that was live before.
live_target() {
    lock_join
    if [[ -z $RELEASE_NAME ]]; then
        RELEASE_NAME=$(ledger target) || die "$FAILED" "there is no good release before the live one to go back to" \
            "fab -H $ENVIRONMENT releases, then rollback --to RELEASE"
    fi
    RELEASE_PATH=$RELEASES/$RELEASE_NAME
    ledger describe "$RELEASE_NAME" ||
        die "$FAILED" "$RELEASE_NAME is not a complete release on this host" "fab -H $ENVIRONMENT releases"
    fact release "$RELEASE_NAME"
}

# live_compare: nobody else released while this run was at work.
live_compare() {
    local now
    now=$(readlink -- "$LIVE")
    [[ $now == "$LIVE_AT_START" ]] ||
        die "$FAILED" "another release went live meanwhile: $(basename -- "${now:-nothing}"), and it was $(basename -- "${LIVE_AT_START:-nothing}") when this run began" \
            "$RELEASE_NAME stays built: fab -H $ENVIRONMENT release --name $RELEASE_NAME"
}

# live_swap: intent, one rename over the link, done. Whatever dies between, the next run settles history from the link.
live_swap() {
    local from new=$HOME/.$LIVE_LINK_NAME.new
    [[ ! -e $LIVE || -L $LIVE ]] || die "$FAILED" "$LIVE is a directory, not the live link" "fab -H $ENVIRONMENT setup"
    from=$(ledger live) || return
    live_compare
    fact from "$from"
    ledger record intent "name=$RELEASE_NAME" "from=$from" ${PUT_BACK:+"put_back=yes"} &&
        rm -f -- "$new" && ln -s -- "$RELEASE_PATH" "$new" && sync -- "$RELEASE_PATH" || return
    live_compare
    mv -fT -- "$new" "$LIVE" || return
    emit swapped "$RELEASE_NAME" "$from"
    fact live_path "$RELEASE_PATH"
    sync -- "$HOME"
    ledger record "done" "name=$RELEASE_NAME" "from=$from" ${PUT_BACK:+"put_back=yes"} || return
    fact at "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
}

# live_still: before migrations, as before the cutover.
live_still() {
    lock_join
    WORK=$RELEASE_PATH
    ledger describe "$RELEASE_NAME" || die "$FAILED" "$RELEASE_NAME is not a complete release on this host" "fab -H $ENVIRONMENT releases"
    live_compare
}

# live_served OUTCOME: which release post-release has made the services run.
live_served() {
    local now
    lock_join
    now=$(ledger live) || return
    if [[ $now != "$RELEASE_NAME" ]]; then
        fact live_now "$now"
        die "$FAILED" "another release went live meanwhile: ${now:-nothing}" "fab -H $ENVIRONMENT status"
    fi
    ledger record post-release "name=$RELEASE_NAME" "outcome=$1"
}
