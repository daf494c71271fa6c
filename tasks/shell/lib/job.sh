# A job: a program that goes on when its workstation does not. Own process group, own events file, own result file.
# shellcheck shell=bash

# job FUNCTION: start it in a process group of its own, and follow its events until it ends.
job() {
    local pid code folder=$STATE/jobs/$RUN-$PHASE
    speak
    ready
    LOG=$STATE/logs/${RELEASE_NAME:-$PHASE}.log
    { mkdir -p -- "$folder" "$STATE/logs" && : >>"$LOG" && : >"$folder/events"; } ||
        die "$FAILED" "cannot write to $STATE" "fab -H $ENVIRONMENT check"
    set -m
    job_main "$1" "$folder" </dev/null >>"$folder/events" 2>>"$folder/errors" &
    pid=$!
    set +m
    tail -n +1 -s 0.1 --pid="$pid" -f -- "$folder/events"
    { wait "$pid"; } 2>/dev/null
    code=$?
    if ((code > 128 && code != INTERRUPTED)) && [[ ! -e $folder/result ]]; then
        emit fail "it was killed on the host (signal $((code - 128))): out of memory?" "fab -H $ENVIRONMENT logs"
    fi
    exit "$code"
}

job_main() {
    JOB=$2
    exec 3>&1
    printf '%s\n' "$BASHPID" >"$JOB/pid"
    trap 'exit "$INTERRUPTED"' TERM INT
    trap 'job_end "$?"' EXIT
    "$1"
    exit 0
}

# job_end CODE: undo what was not finished; the result file is the job's last act.
job_end() {
    trap '' TERM INT
    if (($1 && $1 != INTERRUPTED)) && [[ -z $SAID ]]; then
        emit fail "${STEP:-$PHASE} ended unexpectedly ($1): $(tail -n 1 -- "$JOB/errors")" ""
    fi
    if declare -F undo >/dev/null; then
        undo "$1"
    fi
    printf '%s\n' "$1" >"$JOB/result.new" && mv -fT -- "$JOB/result.new" "$JOB/result"
}

# job_cancel: end the whole process group of this run's job: TERM, so that it tidies up, then KILL.
job_cancel() {
    local folder pid deadline=$((SECONDS + 15))
    for folder in "$STATE/jobs/$RUN-"*; do
        [[ -f $folder/pid && ! -f $folder/result ]] || continue
        pid=$(<"$folder/pid")
        kill -TERM -- "-$pid" 2>/dev/null || continue
        while kill -0 -- "-$pid" 2>/dev/null; do
            if ((SECONDS >= deadline)); then
                kill -KILL -- "-$pid" 2>/dev/null
                break
            fi
            sleep 0.1
        done
    done
}
