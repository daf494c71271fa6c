# Commands from hosts.yml: each is `bash --norc --noprofile -c TEXT`, in its own process, with nothing of ours inherited.
# needs: runtime left
# shellcheck shell=bash

COMMAND_PATH=() COMMAND_ENV=() COMMANDS=''

# command_path DIRECTORY...: put before PATH for the release user's commands.
command_path() { COMMAND_PATH=("$@"); }

# command_env KEY=VALUE...: set for the release user's commands, as it stands.
command_env() { COMMAND_ENV=("$@"); }

# What runs them is out of the job's process group and holds the job's lock (9) too: should the job be killed, it ends them, and
# the lock is not free before that.
# commands_run (LABEL DIRECTORY COUNT COMMAND...)...: side by side, each one's commands in order; the first failure ends all.
commands_run() {
    local path='' folder secrets=() me=$BASHPID
    for folder in "${COMMAND_PATH[@]}"; do
        folder=$(expand_home "$folder")
        [[ $folder == /* ]] || folder=$WORK/$folder
        path+=$folder:
    done
    mapfile -d '' -t secrets < <(runtime_present)
    guard "$(($# * STEP_TIMEOUT + SLACK))" # they are ended by who runs them; this is for one who cannot
    EXEC=exec RELEASE_BUILD=$BUILD NONCE=$NONCE QUIET=${QUIET-} SHELL_PID=$me commands_py "$LOG" "$WORK" "$STEP_TIMEOUT" \
        "$((${#COMMAND_ENV[@]} + 1))" "${COMMAND_ENV[@]}" "PATH=$path$PATH" "${#secrets[@]}" "${secrets[@]}" "$@" &
    COMMANDS=$!
    wait "$COMMANDS"
    set -- "$?"
    COMMANDS=''
    (($1 == 0)) || commands_failed "$1"
}

# halt: end what still runs when the program ends. Who runs them may be stopped, or wait for a disk that is gone.
halt() {
    [[ $COMMANDS ]] || return 0
    group_end "$COMMANDS" 22
    left_end "$BUILD"
}

# commands_failed CODE: the commands have said themselves what went wrong. (A run that is cancelled never comes here.)
commands_failed() {
    SAID=yes
    (($1 != FAILED)) || exit "$FAILED"
    left_end "$BUILD"
    die "$FAILED" "$STEP ended unexpectedly ($1)"
}
