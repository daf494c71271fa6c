# A job: a program that goes on when its workstation does not. Own process group, own events file, own result file.
# needs: left
# shellcheck shell=bash

readonly FOLLOW_AGAIN=75 # what follows a job was killed, and the job goes on (EX_TEMPFAIL of sysexits.h)

# job FUNCTION: start it in a process group of its own, and follow its events until it ends.
job() {
    local pid code folder=$STATE/jobs/$RUN-$PHASE
    speak
    ready
    LOG=$STATE/logs/${RELEASE_NAME:-$PHASE}.log
    { mkdir -p -- "$folder" "$STATE/logs" && : >>"$LOG" && printf '%s\n' "$NONCE" >"$folder/nonce" && : >"$folder/events" &&
        head -c 65536 /dev/zero >"$folder/reserve"; } || die "$FAILED" "cannot write to $STATE" "on the host: df -h $STATE; df -i $STATE"
    set -m
    job_main "$1" "$folder" </dev/null >>"$folder/events" 2>>"$folder/errors" &
    pid=$!
    set +m
    tail -n +1 -s 0.1 --pid="$pid" -f -- "$folder/events" || exit "$FOLLOW_AGAIN"
    { wait "$pid"; } 2>/dev/null
    code=$?
    [[ -e $folder/result ]] || job_killed "$code"
    exit "$code"
}

# job_killed CODE: it has left no result.
job_killed() {
    (($1 <= 128 || $1 == INTERRUPTED)) ||
        emit fail "it was killed on the host (signal $(($1 - 128))): out of memory?" "fab -H $ENVIRONMENT logs"
}

# job_of JOB SEEN: which job job_follow follows, and how many of its events were seen; without a name the one that runs now.
job_of() { JOB=$1 JOB_SEEN=$2; }

# job_follow FUNCTION: follow a job that somebody has started, to its end.
job_follow() {
    local folder nonce waiter run by what since
    speak
    ready
    exec </dev/null
    folder=$STATE/jobs/${JOB:-$(job_running)}
    [[ ${folder##*/} && -f $folder/events ]] || die "$FAILED" "${JOB:+it never began}${JOB:-no job is running}" "fab -H $ENVIRONMENT status"
    nonce=$(<"$folder/nonce")
    IFS=$'\t' read -r run by what since _ <"$STATE/job.lock" || true
    [[ $JOB || $run == "$RUN" ]] || { fact job "${folder##*/}" && emit note "following ${what-} of ${by-}, since ${since-}"; }
    while [[ ! -e $folder/result ]] && job_holds; do sleep 0.1; done &
    waiter=$!
    tail -n "+$((JOB_SEEN + 1))" -s 0.1 --pid="$waiter" -f -- "$folder/events" | sed -u "s/^$nonce\t/$NONCE\t/"
    [[ ${PIPESTATUS[*]} == '0 0' ]] || exit "$FOLLOW_AGAIN"
    [[ -e $folder/result ]] || die "$FAILED" "it was killed on the host" "fab -H $ENVIRONMENT logs"
    set -- "$(<"$folder/result")"
    [[ $1 != 0 ]] || emit ended # the result is the job's own last act
    exit "$1"
}

# job_holds: is a job running? Asked of the kernel.
job_holds() { ! flock -n "$STATE/job.lock" true; }

# job_running: the name of the job that is running, "" when none is.
job_running() {
    local run folder
    job_holds || return 0
    IFS=$'\t' read -r run _ <"$STATE/job.lock"
    for folder in "$STATE/jobs/$run-"*; do
        [[ ! -f $folder/pid || -e $folder/result ]] || printf '%s' "${folder##*/}"
    done
}

job_main() {
    JOB=$2
    export RESERVE=$2/reserve
    exec 3>&1
    printf '%s\n' "$BASHPID" >"$JOB/pid"
    trap 'job_end "$?"' EXIT
    guard_begin
    "$1"
    exit 0
}

# job_end CODE: undo what was not finished; the result file is the job's last act.
job_end() {
    trap '' TERM INT USR1
    guard_end
    ! declare -F halt >/dev/null || halt
    if (($1 && $1 != INTERRUPTED)) && [[ -z $SAID ]]; then
        emit fail "${STEP:-$PHASE} ended unexpectedly ($1): $(tail -n 1 -- "$JOB/errors")" ""
    fi
    (($1 != INTERRUPTED)) || emit fail "it was cancelled" "fab -H $ENVIRONMENT status"
    if declare -F undo >/dev/null; then
        undo "$1"
    fi
    make_room
    printf '%s\n' "$1" >"$JOB/result.new" && mv -fT -- "$JOB/result.new" "$JOB/result"
}

# job_cancel [RUN]: end a run's job, and all that it has started.
job_cancel() {
    local run by what since pid phase build
    IFS=$'\t' read -r run by what since pid phase build <"$STATE/job.lock" || return 0
    [[ $run == "${1:-$RUN}" && $pid ]] && job_holds || return 0
    group_end "$pid"
    [[ ! -f $STATE/jobs/$run-$phase/result ]] || return 0
    left_end "$build"
    warn "it did not end by itself and was killed; the next run removes what it left"
}

# job_cancel_running: whoever started it.
job_cancel_running() {
    local run by what
    job_holds || die "$FAILED" "no job is running" "fab -H $ENVIRONMENT status"
    IFS=$'\t' read -r run by what _ <"$STATE/job.lock"
    job_cancel "$run"
    ! job_holds || die "$FAILED" "$what of $by does not end" "look at it on the host: ps -fu $USER"
    fact cancelled "$what of $by"
}
