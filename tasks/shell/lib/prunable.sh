# Which releases are too many.
# shellcheck shell=bash

# prunable WORD KEEP...: rename what goes into the trash (prune), or tell what would go after another release (would-prune).
prunable() {
    NONCE=$NONCE STATE=$STATE RELEASES=$RELEASES LIVE=$LIVE RUN=$RUN BY=$BY VERB=$VERB prune_py "$@" 8>&- 9>&-
}
