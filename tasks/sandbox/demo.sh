#!/usr/bin/env bash
# The demo: three embedded hosts behind a load balancer, a real site released to them, a second release, and back.
# `make demo` runs it.
set -euo pipefail
cd "$(dirname "$0")/../.."
unset HOSTS_FILE

HOSTS=3
LAST=127.0.0.$HOSTS

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[[ -t 1 && -z ${NO_COLOR-} ]] || say() { printf '\n%s\n' "$*"; }

run() {
    say "\$ fab $(printf '%q ' "$@")"
    fab "$@"
}

# One request for each host: the load balancer takes them in turn.
page() {
    say "The site, asked $HOSTS times:"
    python3 - "$1" "$HOSTS" <<'END'
import html, re, sys, urllib.request

answers = {}
for _ in range(int(sys.argv[2])):
    with urllib.request.urlopen(sys.argv[1], timeout=10) as answer:
        answers.setdefault(answer.read().decode(), []).append(answer.headers["X-Host"])
for text, hosts in answers.items():
    body = re.sub(r"(?s)<(style|script|head|title).*?</\1>", "", text)
    lines = (" ".join(html.unescape(re.sub(r"<[^>]+>", " ", line)).split()) for line in body.splitlines())
    print(f"  {', '.join(sorted(hosts))}:")
    print("\n".join("    " + line for line in lines if line))
END
}

fab sandbox.stop >/dev/null
started=$(run sandbox.start --hosts "$HOSTS")
printf '%s\n' "$started"
url=$(grep -o 'http://[0-9.:]*' <<<"$started" | head -n 1)

run -H sandbox setup
run -H sandbox deploy --ref v1.0
page "$url"
run -H sandbox deploy --ref master
page "$url"
run -H sandbox rollback
page "$url"
run -H sandbox status

say "The sandbox is still running. Go on by hand:"
cat <<END
    source .venv/bin/activate                 so that fab is found
    fab -H sandbox plan --ref feature/new-design
    fab -H sandbox deploy --ref feature/new-design
    fab -H sandbox releases
    fab -H sandbox deploy --ref master --without $LAST --reason "its disk is being replaced"
    fab -H sandbox status                     shows how the hosts differ, and exits 9
    fab -H sandbox adopt $LAST            what the others run
    fab -l                                    every verb
    fab sandbox.stop                          when you have seen enough
The site: $url    its source, to change, commit and push: ${SANDBOX_DIR:-.sandbox}/site
END
