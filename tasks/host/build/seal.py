"""release.json: what makes a directory a release, and what the tool knows of it."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

from tasks.host import files, tree
from tasks.host.run import Run, now

SEAL = "release.json"


def write(run: Run, name: str, about: dict[str, Any]) -> None:
    """Seal a directory of releases_dir: created anew, following no link, on disk, then renamed. Raises OSError."""
    who = {"by": run.by, "host": os.uname().nodename, "tool": run.tool, "built_at": now(), **run.left_out}
    known = {key: None if value == "" else value for key, value in about.items()}
    fields = {"v": 1, "name": name, "live_link": run.link, **who, **known}
    # what is no Unicode in a file's name becomes the escape that JSON has for it
    text = json.dumps(fields, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"
    folder, partial = os.path.join(run.releases, name), f".{SEAL}.{os.urandom(8).hex()}"  # a name that nothing has
    with tree.opened(folder, folder, tree.DIRECTORY) as at, tree.naming(folder):
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644, dir_fd=at)
        try:
            files.write_all(descriptor, text)
            os.fsync(descriptor)
            os.rename(partial, SEAL, src_dir_fd=at, dst_dir_fd=at)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):  # it was renamed already
                os.unlink(partial, dir_fd=at)
            raise
        finally:
            os.close(descriptor)
        os.fsync(at)
    files.flush_directory(run.releases)
