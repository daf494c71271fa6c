# One run at a time per live link. Two kernel locks: `lock` is held while the workstation that drives a run is heard,
# `job.lock` while a job of it runs. A run starts only when both are free, so neither can be stale.
# needs: ledger
# shellcheck shell=bash

RETURNS='' BESIDE=''

# lock_keep: take the lock, tell what is there, and hold it as long as a heartbeat comes in on stdin.
lock_keep() {
    speak
    exec >/dev/null
    guarded lock_hold
}

lock_hold() {
    STEP=lock
    guard "$STEP_TIMEOUT"
    ready
    lock_take
    exec 9>&- # not before the signature: a job whose workstation died would still find its own
    [[ $RETURNS ]] || hold_check
    lock_check_live
    fact live_path "$(readlink -- "$LIVE")"
    { ledger settle && ledger state; } 2>/dev/null || die "$FAILED" "$STATE/history cannot be read or written" "fab -H $ENVIRONMENT check"
    emit locked
    guard
    while read -r -t 20 _; do :; done
    : >"$STATE/lock"
}

# lock_take: both locks, 8 and 9, or a refusal. Signed at once: whoever is refused meanwhile can say by whom.
lock_take() {
    exec 8>>"$STATE/lock" 9>>"$STATE/job.lock" || die "$FAILED" "cannot write to $STATE" "fab -H $ENVIRONMENT check"
    flock -w 0.3 8 || lock_unsigned || lock_busy "$STATE/lock" "" # who only asks holds it for an instant
    lock_sign "$STATE/lock"
    flock -w 1 9 || lock_beside_own || lock_busy "$STATE/job.lock" "its job is still running; "
}

# lock_unsigned: whoever has just taken it signs in a moment, and whoever has just let it go is no holder: true when it is free.
lock_unsigned() {
    local _
    for _ in {1..20}; do
        [[ ! -s $STATE/lock ]] || return 1
        ! flock -w 0.1 8 || return 0
    done
    return 1
}

# lock_returns [beside]: a driver that has lost its lock comes back, be there a hold by now; beside: to its own job.
lock_returns() { RETURNS=yes BESIDE=${1-}; }

lock_beside_own() {
    local run
    IFS=$'\t' read -r run _ <"$STATE/job.lock"
    [[ $BESIDE && $run == "$RUN" ]]
}

# lock_check_live: what goes live must have a way back, so what is live must be a release.
lock_check_live() {
    [[ -d $LIVE ]] || return 0
    ledger sealed "$(ledger live)" || die "$FAILED" "$LIVE points at $(readlink -- "$LIVE"), which is not a sealed release" \
        "fab -H $ENVIRONMENT setup makes it one"
    case $VERB in release | deploy | rollback) ;; *) return 0 ;; esac
    ! ledger exchanged || die "$FAILED" "the services still run from the place that setup has moved" "fab -H $ENVIRONMENT post-release"
}

# lock_sign FILE: who holds it, for the one who finds it taken; and the process group, phase and build of a job, for who ends it.
lock_sign() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$RUN" "$BY" "${WHAT//[$'\t\n\r']/ }" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$BASHPID" "$PHASE" "$BUILD" >"$1" ||
        die "$FAILED" "cannot write to $1: the disk may be full" "on the host: df -h $STATE; df -i $STATE"
}

# lock_busy FILE WHY: refuse, naming who, what and since when.
lock_busy() {
    local run by what since
    IFS=$'\t' read -r run by what since _ <"$1" || true
    fact busy_run "${run:-unknown}"
    die "$BUSY" "${2}${by:-somebody} holds the lock: ${what:-a run}, since ${since:-just now}" \
        "wait for it (--wait SECONDS), follow it (fab -H $ENVIRONMENT attach), or end it (fab -H $ENVIRONMENT cancel)"
}

# lock_join: a job takes its own lock, and goes on only if the workstation that started it still holds the other.
lock_join() {
    local run by what since
    exec 9>>"$STATE/job.lock" || die "$FAILED" "cannot write to $STATE" "fab -H $ENVIRONMENT check"
    flock -w 1 9 || lock_busy "$STATE/job.lock" "its job is still running; "
    IFS=$'\t' read -r run by what since _ <"$STATE/lock" || true
    [[ ${run-} == "$RUN" ]] || { fact lost_lock yes && lock_busy "$STATE/lock" "this run has lost the lock; "; }
    lock_sign "$STATE/job.lock"
}

# hold_check: a hold stops build, release and deploy, for everybody.
hold_check() {
    local by reason since
    case $VERB in build | release | deploy) ;; *) return 0 ;; esac
    [[ -e $STATE/hold ]] || return 0
    IFS=$'\t' read -r by since reason <"$STATE/hold" || true
    die "$BUSY" "releases are on hold by ${by:-somebody} since ${since:-?}: ${reason:-no reason was kept}" \
        "fab -H $ENVIRONMENT unhold"
}

hold_set() {
    local text
    text=$(printf '%s\t%s\t%s' "$BY" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${1//[$'\t\n\r']/ }")
    printf '%s\n' "$text" >"$STATE/hold.new" && ledger record hold "reason=$1" && mv -fT -- "$STATE/hold.new" "$STATE/hold"
}

hold_clear() {
    [[ -e $STATE/hold ]] || { emit note "there was no hold" && return 0; }
    ledger record unhold && rm -f -- "$STATE/hold"
}
