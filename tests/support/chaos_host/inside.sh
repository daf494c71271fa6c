#!/bin/bash
# chaos-inside PLACE [WORD...]: a command of hosts.yml, or what git calls, within which the middle of a step may be; then the words.
place=$1
shift
if [[ -e /srv/chaos/plan && ! -e /srv/chaos/reached ]]; then
    # shellcheck source=/dev/null
    . /srv/chaos/plan
    if [[ $CHAOS_PLACE/$CHAOS_POSITION/$CHAOS_COMMAND == "$place/middle/0" ]]; then
        printf '%s\n' "${CHAOS_SHELL-}" >/srv/chaos/reached
        [[ $CHAOS_MODE != hang ]] || sleep 3600
        until [[ -e /srv/chaos/go ]]; do
            sleep 0.02
        done
    fi
fi
(($# == 0)) || exec "$@"
