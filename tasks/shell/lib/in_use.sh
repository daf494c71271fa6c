# Which releases are in use, and by whom.
# shellcheck shell=bash

# in_use RELEASES [tell]: each with the process that uses it, a NUL after each word; tell: as a fact, with what sudo shows besides.
in_use() { NONCE=$NONCE RELEASE_PATH=$1/any in_use_py "${@:2}"; }

# in_use_tell: in the directory that the live release lies in.
in_use_tell() { in_use "${RELEASE_PATH%/*}" tell; }
