# Commands from hosts.yml: each is `bash -c TEXT`, in its own process, with nothing of ours inherited.
# needs: runtime
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
    guard # they have their own time, each
    EXEC=exec NONCE=$NONCE QUIET=${QUIET-} SHELL_PID=$me commands_py "$LOG" "$WORK" "$STEP_TIMEOUT" "$((${#COMMAND_ENV[@]} + 2))" \
        "RELEASE_BUILD=$BUILD" "${COMMAND_ENV[@]}" "PATH=$path$PATH" "${#secrets[@]}" "${secrets[@]}" "$@" &
    COMMANDS=$!
    wait "$COMMANDS"
    set -- "$?"
    COMMANDS=''
    (($1 == 0)) || commands_failed "$1"
}

# commands_end: what still runs when the program ends.
commands_end() {
    [[ $COMMANDS ]] || return 0
    kill -TERM "$COMMANDS" 2>/dev/null
    wait "$COMMANDS"
}

# commands_failed CODE: the commands have said themselves what went wrong. (A run that is cancelled never comes here.)
commands_failed() {
    SAID=yes
    (($1 == FAILED)) || die "$FAILED" "$STEP ended unexpectedly ($1)"
    exit "$FAILED"
}
