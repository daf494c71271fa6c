# What a host says when it is asked: nothing is written.
# needs: ledger
# shellcheck shell=bash

report_state() {
    fact live_path "$(readlink -- "$LIVE")"
    ledger state
}

report_history() { ledger history; }

# report_log NAME: what that build said; without a name, the newest log there is.
report_log() {
    local log=$STATE/logs/$1.log
    if [[ -z $1 ]]; then
        log=$(find "$STATE/logs" -maxdepth 1 -name '*.log' -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1 | cut -d ' ' -f 2-)
    fi
    [[ -f $log ]] || die "$FAILED" "there is no log ${1:+of $1 }on this host" "fab -H $ENVIRONMENT releases"
    fact log "$log"
    LC_ALL=C sed -e 's/\\/\\\\/g' -e 's/\t/\\t/g' -e 's/\r/\\r/g' -e "s/^/$NONCE\ttext\t/" -- "$log" >&3
}
