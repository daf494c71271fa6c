# What a build started and left, in whatever process group and session it is by now.
# shellcheck shell=bash

# left_end BUILD: TERM, then KILL, for each process that has this build in its environment.
left_end() {
    local signal found file
    for signal in TERM KILL; do
        mapfile -t found < <(env -i "$(type -P grep)" -lzsxF -- "RELEASE_BUILD=$1" /proc/[0-9]*/environ)
        ((${#found[@]})) || return 0
        for file in "${found[@]}"; do
            kill -s "$signal" "${file//[!0-9]/}" 2>/dev/null
        done
        sleep 0.2
    done
}
