#!/usr/bin/env bash
# The demo: an embedded host, a real site released to it, a second release, and back. `make demo` runs it.
set -euo pipefail
cd "$(dirname "$0")/../.."
unset HOSTS_FILE

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[[ -t 1 && -z ${NO_COLOR-} ]] || say() { printf '\n%s\n' "$*"; }

run() {
    say "\$ fab $*"
    fab "$@"
}

page() {
    say "The site now says:"
    python3 - "$1" <<'END'
import html, re, sys, urllib.request

text = urllib.request.urlopen(sys.argv[1], timeout=10).read().decode()
body = re.sub(r"(?s)<(style|script|head|title).*?</\1>", "", text)
lines = (" ".join(html.unescape(re.sub(r"<[^>]+>", " ", line)).split()) for line in body.splitlines())
print("\n".join("    " + line for line in lines if line))
END
}

fab sandbox.stop >/dev/null
run sandbox.start
url=$(sed -n 's|.*url: \(http://127.0.0.1:[0-9]*\)/.*|\1|p' "${SANDBOX_DIR:-.sandbox}/hosts.yml" | head -n 1)

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
    fab -l                                    every verb
    fab sandbox.stop                          when you have seen enough
The site: $url    its source, to change, commit and push: ${SANDBOX_DIR:-.sandbox}/site
END
