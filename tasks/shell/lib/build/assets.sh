# Assets that pages already open still ask for: what the live release has and the new build lacks.
# needs: ledger
# shellcheck shell=bash

CARRIED=''

# assets_carry KEEP PATH...: files of the live release at these paths, copied into the build; their origins are for release.json.
assets_carry() {
    [[ -d $LIVE ]] || return 0
    CARRIED=$JOB/carried
    ledger order >"$JOB/order" || return
    NONCE=$NONCE files_py carry "$LIVE" "$BUILD" "$JOB/order" "$CARRIED" "$@" && return
    (($? == FAILED)) || return
    SAID=yes
    exit "$FAILED"
}
