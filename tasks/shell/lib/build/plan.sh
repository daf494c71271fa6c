# What a release would do, read from the host. Nothing is written but what a fetch brings into repo.git.
# needs: git ledger prunable
# shellcheck shell=bash

# plan_commits: from what is live to what would be.
plan_commits() {
    local base
    fact subject "$(repo log -1 --format=%s "$COMMIT")"
    base=$(ledger live)
    [[ ! -f $RELEASES/$base/release.json ]] || base=$(sed -n 's/^ "commit": "\([0-9a-f]*\)",\{0,1\}$/\1/p' "$RELEASES/$base/release.json")
    [[ $base ]] && repo cat-file -e "$base^{commit}" 2>/dev/null || return 0
    fact base "$base"
    fact commit_count "$(repo rev-list --count "$base..$COMMIT")"
    fact left_out "$(repo rev-list --count "$COMMIT..$base")"
    fact commits "$(repo log --max-count=30 --format='%h %s (%an, %cs)' "$base..$COMMIT")"
    fact file_count "$(repo diff --name-only "$base" "$COMMIT" | wc -l)"
    fact files "$(repo diff --stat=100 --stat-count=30 "$base" "$COMMIT")"
    fact migrations "$(repo diff --name-only --diff-filter=A "$base" "$COMMIT" | grep -iE '(^|/)migrations/' | head -n 30)"
}

# plan_prune KEEP: what a release would prune, with itself counted in.
plan_prune() { fact prune "$(prunable would-prune "$1" | tr '\0' '\n')"; }
