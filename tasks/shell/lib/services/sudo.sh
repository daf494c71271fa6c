# What the service user's sudo would do, asked without doing it.
# shellcheck shell=bash

# sudo_allows [-u USER] WORD...: would sudo run this very command, and ask for no password? `sudo -l COMMAND` says yes even to
# one that asks, as soon as any other rule has NOPASSWD; so the last rule that matches decides here, as it does in sudo.
sudo_allows() {
    local command line rule user=root free='' without='' his=yes
    if [[ $1 == -u ]]; then
        user=$2
        shift 2
    fi
    command=$(sudo -n -l -u "$user" -- "$@") || return
    while IFS= read -r line; do
        rule=${line#$'\t'}
        case $line in
            'Sudoers entry:'*) free='' his=yes ;;
            *' RunAsUsers: '*) sudo_runs_as "$user" "${line#*RunAsUsers: }" || his='' ;;
            *' Options: '*'!authenticate'*) free=yes ;;
            *'!authenticate'*) return 0 ;; # a default, for every command
            $'\t'*) [[ -z $his ]] || { sudo_matches "$rule" "$command" && without=${free:-no}; } ;;
        esac
    done < <(LC_ALL=C sudo -n -ll)
    [[ $without != no ]]
}

# sudo_runs_as USER LIST: a list of plain names says whom it is for; groups, ids and exclusions are left to sudo's own yes.
sudo_runs_as() { [[ $2 == *[%#!+]* || ", $2," == *", $1,"* || ", $2," == *', ALL,'* ]]; }

# sudo_matches RULE COMMAND: a rule is a glob; one without arguments takes any.
sudo_matches() {
    # shellcheck disable=SC2053 # a glob is meant
    [[ $1 == ALL || $2 == $1 || ($1 != *' '* && $2 == $1' '*) ]]
}
