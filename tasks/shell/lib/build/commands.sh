# Commands from hosts.yml: each is `bash -c TEXT`, in its own process, with nothing of ours inherited.
# needs: runtime
# shellcheck shell=bash

COMMAND_PATH=() COMMAND_ENV=()

# command_path DIRECTORY...: put before PATH for the release user's commands.
command_path() { COMMAND_PATH=("$@"); }

# command_env KEY=VALUE...: set for the release user's commands, as it stands.
command_env() { COMMAND_ENV=("$@"); }

# What runs them holds the job's lock (9) too: should this shell be killed, the lock is not free before they have ended.
# commands_run (LABEL DIRECTORY COUNT COMMAND...)...: side by side, each one's commands in order; the first failure ends all.
commands_run() {
    local path='' folder secrets=()
    for folder in "${COMMAND_PATH[@]}"; do
        folder=$(expand_home "$folder")
        [[ $folder == /* ]] || folder=$WORK/$folder
        path+=$folder:
    done
    mapfile -d '' -t secrets < <(runtime_present)
    NONCE=$NONCE QUIET=${QUIET-} commands_py "$LOG" "$WORK" "$STEP_TIMEOUT" "$((${#COMMAND_ENV[@]} + 1))" "${COMMAND_ENV[@]}" "PATH=$path$PATH" \
        "${#secrets[@]}" "${secrets[@]}" "$@" || commands_failed "$?"
}

# commands_failed CODE: the commands have said themselves what went wrong. (A run that is cancelled never comes here.)
commands_failed() {
    SAID=yes
    (($1 == FAILED)) || die "$FAILED" "$STEP ended unexpectedly ($1)"
    exit "$FAILED"
}
