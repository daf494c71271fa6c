# Where the release user's commands are looked for.
# shellcheck shell=bash

CHECK_PATH=$PATH CHECK_LATER=''

# check_path DIRECTORY...: as the release user's commands will have it; one that is relative is the live release's for now.
check_path() {
    local folder path=''
    for folder; do
        folder=$(expand_home "$folder")
        [[ $folder == /* ]] || CHECK_LATER=$folder folder=$LIVE/$folder
        path+=$folder:
    done
    CHECK_PATH=$path$PATH
}
