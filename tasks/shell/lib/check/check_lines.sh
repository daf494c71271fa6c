# The lines of check: what was found, and what to type.
# shellcheck shell=bash

check_ok() { emit check ok "$1" ""; }
check_warn() { emit check warn "$1" "$2"; }
check_fail() { emit check FAIL "$1" "$2"; }
