# The ledger is Python: bash has no JSON.
# shellcheck shell=bash

# ledger WORD...: what the host knows of its releases.
ledger() {
    NONCE=$NONCE STATE=$STATE RELEASES=$RELEASES LIVE=$LIVE RUN=$RUN BY=$BY VERB=$VERB ledger_py "$@" 8>&- 9>&-
}
