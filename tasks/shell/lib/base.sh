# What every program starts with: where things are, how it speaks, how it fails.
# Descriptor 3 carries events to the workstation, 6 is heard by the job's guard, 7 to 9 hold locks; no command from hosts.yml has them.
# What one step leaves for a later one: WORK, where commands run (the build, then the release); COMMIT; BUILT_FROM; BEGUN and
# SEALED, for what undo may remove; SAID, once a failure has been told; TIMINGS, for release.json.
# needs: guard
# shellcheck shell=bash

readonly FAILED=3 BUSY=6 INTERRUPTED=130
STEP='' STEP_MARK=0 STEP_TIMEOUT=0 SAID='' TIMINGS=()
set -u
umask 022
unset BASH_ENV ENV SSH_CLIENT SSH2_CLIENT POSIXLY_CORRECT TMOUT # what bash and sh would heed, here or in what is started
cd -- "$HOME" || cd / # a start-up file of the login may have gone elsewhere
trap '' PIPE HUP # a workstation that goes away must not end half a step

# host ENVIRONMENT LIVE_LINK BUILDS_DIR RELEASES_DIR STEP_TIMEOUT: where everything is on this host.
host() {
    if ((BASH_VERSINFO[0] < 5)); then
        speak
        die "$FAILED" "bash $BASH_VERSION on this host is too old: 5 or newer is needed"
    fi
    ENVIRONMENT=$1
    export LIVE_LINK_NAME=$2
    BUILDS=$(expand_home "$3")
    RELEASES=$(expand_home "$4")
    STEP_TIMEOUT=$5
    STATE=$BUILDS/$LIVE_LINK_NAME
    LIVE=$HOME/$LIVE_LINK_NAME
    REPO=$BUILDS/repo.git
    export RELEASE_NAME RELEASE_REF RELEASE_COMMIT RELEASE_PATH=${RELEASE_PATH:-$RELEASES/$RELEASE_NAME}
    BUILD=$STATE/$RELEASE_NAME
    LOG=/dev/null
}

# expand_home PATH: "~" is this user's home.
expand_home() {
    if [[ $1 == '~' || $1 == '~'/* ]]; then
        printf '%s' "$HOME${1:1}"
    else
        printf '%s' "$1"
    fi
}

# emit KIND WORD...: one event line. It starts with the run's nonce, so that no command's output can forge it.
emit() {
    local line=$NONCE word
    for word; do
        word=${word//\\/\\\\}
        word=${word//$'\t'/\\t}
        word=${word//$'\n'/\\n}
        word=${word//$'\r'/\\r}
        line+=$'\t'$word
    done
    printf '%s\n' "$line" >&3 || { make_room && printf '\n%s\n' "$line" >&3; }
}

# make_room: on a full disk a job would end without a word; what it has put by for that is given up.
make_room() { [[ ${RESERVE-} ]] && rm -f -- "$RESERVE"; }

# speak: descriptor 3 is the way to the workstation; what a login script left of a line there ends first.
speak() {
    exec 3>&1
    printf '\n' >&3
    emit began
}

fact() { emit fact "$1" "$2"; }
warn() { emit warn "$1"; }

# die CODE WHAT NEXT: the program ends here, and has said why.
die() {
    SAID=yes
    emit fail "$2" "${3-}"
    exit "$1"
}

# step NAME FUNCTION WORD...: runs in this shell, so that a step can leave what a later one needs.
step() {
    local began=${EPOCHREALTIME/[.,]/} code spent
    STEP=$1
    shift
    printf -- '--- %s\n' "$STEP" >>"$LOG"
    STEP_MARK=$(log_size)
    emit step start "$STEP"
    guard "$((STEP_TIMEOUT + SLACK))" # git and the commands of hosts.yml are ended by their own, and say more
    "$@" >>"$LOG" 2>&1
    code=$?
    guard
    spent=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
    if ((code)); then
        [[ $SAID ]] || tail_of_log "$STEP_MARK"
        die "$FAILED" "$STEP failed"
    fi
    TIMINGS+=("$STEP=$spent")
    emit step "done" "$STEP" "$spent"
    STEP=''
}

log_size() { if [[ -f $LOG ]]; then stat -c %s -- "$LOG"; else echo 0; fi; }

# tail_of_log OFFSET: the last lines that were logged from there on.
tail_of_log() {
    local line
    [[ -f $LOG ]] || return 0
    tail -c "+$(($1 + 1))" -- "$LOG" | tail -n 20 | tail -c 8000 | while IFS= read -r line; do
        emit tail "$STEP" "$line"
    done
}

# ready: what setup makes is there, else nothing is done at all.
ready() {
    if [[ ! -d $STATE || ! -d $RELEASES || ! -d $REPO ]]; then
        die "$FAILED" "$ENVIRONMENT is not set up on this host" "fab -H $ENVIRONMENT setup"
    elif [[ -e $LIVE && ! -L $LIVE ]]; then
        die "$FAILED" "$LIVE is a directory, not the live link: this host is not set up" "fab -H $ENVIRONMENT setup"
    fi
    sound
}

# sound: what this tool keeps in STATE is of the kind that it made; opening a FIFO would wait for ever.
sound() {
    local place
    for place in lock job.lock hold history; do
        place=$STATE/$place
        [[ ! -d $place && ! -p $place ]] || die "$FAILED" "$place is not the file that it should be" "look at it on the host, and move it away: ls -ld ${place@Q}"
    done
    for place in logs jobs trash; do
        place=$STATE/$place
        [[ -d $place || (! -e $place && ! -L $place) ]] || die "$FAILED" "$place is not a directory" "look at it on the host, and move it away: ls -ld ${place@Q}"
    done
}

# in_build PATH: is the directory of PATH, with every link in it followed, inside the build?
in_build() {
    local root folder
    root=$(realpath -e -- "$BUILD") && folder=$(realpath -m -- "$(dirname -- "$BUILD/$1")") && [[ $folder/ == "$root"/* ]]
}

# temporary: a file that a full /tmp does not stop, where the host has memory for it.
temporary() { mktemp -p /dev/shm 2>/dev/null || mktemp; }

# attached FUNCTION: a short program, whose output nobody reads again once it has gone well.
attached() {
    speak
    exec </dev/null
    LOG=$(temporary) || die "$FAILED" "there is no room for a temporary file on this host" "df -h /tmp; df -i /tmp"
    trap 'rm -f -- "$LOG"' EXIT
    guarded "$1"
}

# watched FUNCTION: as attached, but it ends when the workstation lets go of its stdin.
watched() {
    local pid watcher
    speak
    LOG=$(temporary) || die "$FAILED" "there is no room for a temporary file on this host" "df -h /tmp; df -i /tmp"
    trap 'rm -f -- "$LOG"' EXIT
    set -m
    { guard_begin && "$1"; } </dev/null &
    pid=$!
    { cat >/dev/null && group_end "$pid"; } <&0 >/dev/null 2>&1 3>&- &
    watcher=$!
    set +m
    wait "$pid"
    set -- "$?"
    kill -TERM -- "-$watcher" 2>/dev/null
    exit "$1"
}
