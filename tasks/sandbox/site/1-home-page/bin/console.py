"""The site's console: `cache:warmup` writes the cache, `lint:container` says whether it can serve from here."""

import json
import sys
from pathlib import Path

ROOT = Path.cwd()
CACHE = ROOT / "var" / "cache" / "prod" / "container.json"


def warm_up() -> None:
    """Write all that a page needs; like Symfony's, the cache holds the absolute path that it was made in."""
    site = json.loads(Path("config/site.json").read_text())
    assets = json.loads(Path("public/build/manifest.json").read_text())
    credentials = sorted(file.stem for file in Path("config/credentials").glob("*.json"))
    if not Path(".env.local").is_file() or not credentials:
        sys.exit("no .env.local, or no credentials: the site cannot run")
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    linked = {"css": assets["build/app.css"], "js": assets["build/app.js"]}
    CACHE.write_text(json.dumps({"project_dir": str(ROOT), **linked, **site, "credentials": ", ".join(credentials)}))
    print(f'Cache for the "prod" environment (debug=false) was warmed up in {CACHE.parent}.')


def lint() -> None:
    """Fail where the cache was made elsewhere, or a file that it names is missing."""
    cache = json.loads(CACHE.read_text())
    if cache["project_dir"] != str(ROOT):
        sys.exit(f"the cache was made in {cache['project_dir']}, and this is {ROOT}")
    wanted = [f"public{cache['css']}", f"public{cache['js']}", "vendor/autoload.json"]
    if missing := [name for name in wanted if not Path(name).is_file()]:
        sys.exit(f"missing: {', '.join(missing)}")
    print("[OK] The container was linted successfully.")


if __name__ == "__main__":
    {"cache:warmup": warm_up, "lint:container": lint}[sys.argv[1]]()
