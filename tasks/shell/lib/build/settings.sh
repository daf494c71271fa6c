# Settings that the commit expects of the host: the keys that its .env leaves without a value.
# needs: git runtime
# shellcheck shell=bash

# settings_check APP_ENV KEYS FOLDER...: each is in a runtime file beside its .env, be it empty; KEYS are set otherwise.
settings_check() {
    local env=$1 known=$2 folder missing with source files
    source=$(runtime_source)
    mapfile -d '' -t files < <(runtime_present "$source")
    shift 2
    for folder; do
        { IFS= read -r missing && IFS= read -r with; } < <(NONCE=$NONCE files_py unset "$folder" <(settings_of "$folder/.env") \
            <(settings_of "$folder/.env.$env") <(settings_vault "$folder") "$known" "$source" "${files[@]}") || continue
        die "$FAILED" "$folder/.env of ${COMMIT:0:12} leaves $missing without a value, and $with in $source does not set it" \
            "add a line KEY=VALUE for each there on the host (KEY= where it is to stay empty), then type the same again"
    done
}

settings_of() { repo cat-file blob "$COMMIT:${1#./}" 2>/dev/null; }

settings_vault() { repo ls-tree -r --name-only "$COMMIT" -- "$1/config/secrets" 2>/dev/null; }

# settings_warn WORD...: the same, as a warning of plan.
settings_warn() {
    local said
    said=$(die() { printf '%s: %s' "$2" "$3"; exit 1; }; settings_check "$@" 2>/dev/null) || warn "a release would be refused: $said"
}
