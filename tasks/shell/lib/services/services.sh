# What the service user may do, and what hosts.yml's services take: asked before anything is written.
# needs: sudo
# shellcheck shell=bash

readonly SERVICE_NEXT='put the command into the sudoers of the service user, NOPASSWD (check --sudoers prints all of them), then type the same again'
readonly HIDDEN='the processes of others are hidden on this host (hidepid of /proc): what they run cannot be shown'
readonly SHOWN='sudo mount -o remount,hidepid=0 /proc, or give it the gid of a group of the service user'
RELEASE_USER=''

# services_of RELEASE_USER: whose release the services run.
services_of() { RELEASE_USER=$1; }

# services WORD...: what Python does for them.
services() {
    guard "$((2 * STEP_TIMEOUT + 120))" # what it starts, and what it waits for, has its own time; this is for one who is stopped
    NONCE=$NONCE STEP_TIMEOUT=$STEP_TIMEOUT PROGRAM=$$ RELEASE_USER=$RELEASE_USER PROBE=$(probe_php) services_py "$@"
    set -- "$?"
    guard "$((STEP_TIMEOUT + SLACK))"
    return "$1"
}

# sudo_try [-u USER] WORD...: would this very command run without a password?
sudo_try() {
    sudo_allows "$@" || die "$FAILED" "sudo refuses $USER this command: ${*@Q}" "$SERVICE_NEXT"
}

# service_commands FUNCTION WORD KIND ACTION NAME: call FUNCTION for each command that following takes besides the action itself.
service_commands() {
    local function=$1 word words=()
    shift
    while IFS= read -r -d '' word; do
        if [[ $word ]]; then
            words+=("$word")
        elif ((${#words[@]})); then
            "$function" -u "${words[@]}"
            words=()
        fi
    done < <(services "$@")
}

# service_try KIND ACTION NAME: the tests, the look at processes, the question to php-fpm: may they run?
service_try() {
    [[ -e /proc/1/stat ]] || die "$FAILED" "$HIDDEN" "$SHOWN"
    service_commands sudo_try commands-now "$@"
}
