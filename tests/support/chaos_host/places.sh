# Goes into a program before its last line: the functions here go around those of the program.
# The plan says MODE (count, stop or hang), PLACE (PHASE/STEP), POSITION (before, middle or after) and COMMAND, for the middle:
# the how manieth command of the step, 0 for within a command of hosts.yml.
# shellcheck shell=bash

chaos_renamed() { eval "chaos_$(declare -f "$1")"; }
chaos_renamed step
chaos_renamed emit
declare -F lock_take >/dev/null && chaos_renamed lock_take
CHAOS_SEEN=0 CHAOS_SHELL='' CHAOS_STEP=''

step() {
    local name=$1
    shift
    chaos_at "$PHASE/$name" chaos_step "$name" "$@"
}

# The lock has no steps: it is one, from when it is asked for until it is taken.
lock_take() {
    if [[ $PHASE == lock ]]; then
        CHAOS_STEP=lock/lock
        case $CHAOS_MODE/$CHAOS_POSITION in
            stop/before | hang/before) ! chaos_is_place || "chaos_$CHAOS_MODE" ;;
            count/* | */middle) chaos_watch ;;
        esac
    fi
    chaos_lock_take
}

emit() {
    chaos_emit "$@"
    if [[ $1 == locked ]]; then
        chaos_unwatch
        [[ $CHAOS_MODE/$CHAOS_POSITION != stop/after ]] || ! chaos_is_place || chaos_stop
    fi
}

# chaos_at PLACE FUNCTION NAME WORD...: one step.
chaos_at() {
    local function=$2 name=$3
    CHAOS_STEP=$1
    shift 3
    case $CHAOS_MODE/$CHAOS_POSITION in
        count/*) "$function" "$name" chaos_watched "$@" && return ;;
        stop/before) chaos_is_place && chaos_stop ;;
        stop/after)
            "$function" "$name" "$@"
            ! chaos_is_place || chaos_stop
            return 0
            ;;
        stop/middle | hang/*) ! chaos_is_place || { "$function" "$name" "chaos_${CHAOS_POSITION/middle/watched}" "$@" && return; } ;;
    esac
    "$function" "$name" "$@"
}

chaos_is_place() { [[ $CHAOS_STEP == "$CHAOS_PLACE" ]]; }

# A command that hangs is one of the step's.
chaos_before() {
    chaos_hang
    "$@"
}

chaos_after() {
    "$@" && chaos_hang
}

chaos_watched() {
    local code
    chaos_watch
    "$@"
    code=$?
    chaos_unwatch
    return "$code"
}

# The commands of this very shell are counted, those of its subshells are not.
chaos_watch() {
    CHAOS_SEEN=0
    chaos_me
    set -T
    trap chaos_command DEBUG
}

chaos_unwatch() {
    trap - DEBUG
    set +T
    if [[ $CHAOS_MODE == count ]]; then
        printf '%s\t%s\n' "$CHAOS_SEEN" "$CHAOS_STEP" >>/srv/chaos/counts
    elif [[ $CHAOS_POSITION == middle ]] && chaos_is_place; then
        "chaos_$CHAOS_MODE"
    fi
}

chaos_command() {
    [[ $BASHPID == "${CHAOS_SHELL%% *}" ]] && ((++CHAOS_SEEN == CHAOS_COMMAND)) || return 0
    [[ $CHAOS_MODE != count ]] && chaos_is_place || return 0
    "chaos_$CHAOS_MODE"
}

# chaos_me: this shell, its process group and its session, for a command within which the place may be.
chaos_me() {
    local group session
    read -r _ _ _ _ group session _ <"/proc/$BASHPID/stat"
    export CHAOS_SHELL="$BASHPID $group $session"
}

# Once only: a phase may be sent again.
chaos_stop() {
    [[ ! -e /srv/chaos/reached ]] || return 0
    chaos_me
    printf '%s %s\n' "$CHAOS_SHELL" "${BASH_COMMAND%%$'\n'*}" >/srv/chaos/reached
    until [[ -e /srv/chaos/go ]]; do
        sleep 0.02
    done
}

chaos_hang() {
    [[ ! -e /srv/chaos/reached ]] || return 0
    chaos_me
    printf '%s %s\n' "$CHAOS_SHELL" "${BASH_COMMAND%%$'\n'*}" >/srv/chaos/reached
    sleep 3600
}
