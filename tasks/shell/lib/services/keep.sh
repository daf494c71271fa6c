# The last words of a service: its journal may hold secrets, which only the release user knows, and masks.
# shellcheck shell=bash

# said_keep: put what this step printed where the release user too can read it, and nobody else; tell the place.
said_keep() {
    local file
    SAID=yes
    file=$(mktemp) || return 0
    tail -c "+$((STEP_MARK + 1))" -- "$LOG" | tail -n 20 | tail -c 8000 >"$file"
    if [[ -s $file ]]; then
        give_py "$file" "$RELEASE_USER"
        fact said "$file"
    else
        rm -f -- "$file"
    fi
}

# said_forget FILE: it was told.
said_forget() { rm -f -- "$1"; }
