# Can the commands of hosts.yml be found, and are they of the versions that the site asks for?
# needs: check_lines check_path
# shellcheck shell=bash

# check_commands (WORD KEY)...: every command is on the PATH that the release user's commands get.
check_commands() {
    local found=() word scratch
    scratch=$(mktemp -d) || return
    while (($#)); do
        word=$1
        if PATH=$CHECK_PATH bash --norc --noprofile -p -c 'type -t -- "$1"' bash "$word" >/dev/null; then
            found+=("$word$(command_version "$word")")
        else
            command_missing "$word" "$2"
        fi
        shift 2
    done
    rm -rf -- "$scratch"
    ((${#found[@]} == 0)) || check_ok "commands: $(printf '%s\n' "${found[@]}" | sort | paste -sd , | sed 's/,/, /g')"
    command_git
}

# command_missing WORD KEY: where installers put such things is where to look for it.
command_missing() {
    local folder
    for folder in "$HOME"/{.bun,.local,.deno,.volta,.cargo,}/bin "$HOME"/.nvm/versions/node/*/bin /usr/local/bin /opt/*/bin; do
        [[ -x $folder/$1 ]] || continue
        check_fail "$1 is not on the PATH of $USER's commands, and $2 needs it" "put ${folder/#"$HOME"/'~'} into path of hosts.yml"
        return
    done
    if [[ $CHECK_LATER ]]; then
        check_warn "there is no $1 on this host for $USER yet, and $2 needs it" "it may come with the build, into $CHECK_LATER of path; else install it"
    else
        check_fail "there is no $1 on this host for $USER, and $2 needs it" "install it, or put its directory into path of hosts.yml"
    fi
}

# command_version WORD: of those that are asked without a doubt: nothing is fetched, and nothing written.
command_version() {
    local said
    case $1 in
        php* | bun | node | npm | composer | git) ;;
        *) return ;;
    esac
    said=$(cd / && COMPOSER_HOME=$scratch npm_config_cache=$scratch npm_config_update_notifier=false PATH=$CHECK_PATH \
        timeout -k 1 10 "$1" --version 2>/dev/null </dev/null | grep -oEm 1 '[0-9]+\.[0-9]+(\.[0-9]+)?')
    [[ -z $said ]] || printf ' %s' "$said"
}

# command_git: what the programs ask of git came with 2.12.
command_git() {
    local said
    said=$(git --version | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
    [[ -z $said ]] || ((${said%.*} > 2 || (${said%.*} == 2 && ${said#*.} >= 12))) || check_fail "git is $said, and 2.12 is needed" "install a newer git"
}

# check_versions PHP (APP DIRECTORY)...: PHP against composer.lock, bun and node against package.json, as the live release has them.
check_versions() {
    [[ -d $LIVE ]] || return 0
    NONCE=$NONCE PATH=$CHECK_PATH versions_py "$1" "$LIVE" "${@:2}" ||
        check_warn "the versions that the site asks for could not be looked at" "fab -H $ENVIRONMENT check again"
}
