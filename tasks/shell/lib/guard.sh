# Nothing hangs for ever: whatever a program waits for, and whoever has gone, it ends at its step's timeout.
# shellcheck shell=bash

GUARDED='' SLACK=5

# guarded FUNCTION: run it in a process group of its own that somebody guards. Its status is the function's.
guarded() {
    local pid
    set -m
    { guard_begin && "$1"; } <&0 &
    pid=$!
    set +m
    { wait "$pid"; } 2>/dev/null
}

# guard_begin: the program that calls this is the leader of its process group, and is guarded from here on.
guard_begin() {
    local me=$BASHPID
    exec 6> >(guard_watch "$me")
    GUARDED=yes
    trap 'exit "$INTERRUPTED"' TERM INT
    trap 'die "$FAILED" "$STEP was ended after $STEP_TIMEOUT seconds (step_timeout)"' USR1
}

# guard [SECONDS]: it is ended unless the guard hears more within so long; without a time the guard only listens.
guard() { [[ -z $GUARDED ]] || printf '%s\n' "${1-}" >&6 2>/dev/null; }

guard_end() {
    exec 6>&-
    GUARDED=''
}

# guard_watch PID: ends with the program, whose end closes what it listens to.
guard_watch() {
    local limit='' code
    trap '' TERM INT
    exec >/dev/null 2>&1 3>&- 8>&- 9>&-
    while :; do
        IFS= read -r ${limit:+-t "$limit"} limit
        code=$?
        ((code == 0)) || break
    done
    ((code > 128)) || return 0
    kill -USR1 "$1" && sleep 0.2 && group_end "$1" # one that waits for a job of its own says at once why it ends
}

# group_end PID [TENTHS]: the end of a whole process group: TERM, so that it tidies up, then KILL.
group_end() {
    kill -TERM -- "-$1" || return 0
    kill -CONT -- "-$1"
    group_gone "$1" "${2-35}" || { kill -KILL -- "-$1" && group_gone "$1" 10; }
} 2>/dev/null

# group_gone PID TENTHS: has its group ended within so many tenths of a second?
group_gone() {
    local tenth
    for ((tenth = 0; tenth < $2; tenth++)); do
        kill -0 -- "-$1" || return 0
        sleep 0.1
    done 2>/dev/null
    return 1
}
