"""Compile assets/ into public/build/ under names that hold a hash of their content, as Webpack Encore does."""

import hashlib
import json
import time
from pathlib import Path

COMPILE_SECONDS = 0.15
BUILD = Path("public/build")

BUILD.mkdir(parents=True, exist_ok=True)
print("Running webpack ...")
manifest = {}
for source in sorted(Path("assets").iterdir()):
    time.sleep(COMPILE_SECONDS)
    content = "".join(line.strip() for line in source.read_text().splitlines())
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    name = f"{source.stem}.{digest}{source.suffix}"
    (BUILD / name).write_text(content)
    manifest[f"build/{source.name}"] = f"/build/{name}"
    print(f"  {name:<24} {len(content):>5} bytes", flush=True)
(BUILD / "manifest.json").write_text(json.dumps(manifest, indent=4))
print(f"webpack compiled {len(manifest)} entries successfully")
