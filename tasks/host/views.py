"""Under which paths each process sees the releases: a mount may show them, or a part of one, at another place."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from tasks.host import files, programs

STAMP = r"-[0-9]{8}T[0-9]{6}Z"


class Mount:
    """A mount: its filesystem, what of that it shows, and where."""

    def __init__(self, device: str, root: str, point: str) -> None:
        self.device, self.root, self.point = device, root, point


def mounts(text: bytes) -> Iterator[Mount]:
    """The mounts in a mountinfo of the kernel."""
    for line in files.decoded(text).split("\n"):
        words = [re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), word) for word in line.split(" ")]
        if len(words) > 5:
            yield Mount(words[2], words[3].rstrip("/"), words[4].rstrip("/"))


class Views:
    """The releases of a live link in a directory, as the processes of this host see them."""

    def __init__(self, folder: str, link: str) -> None:
        self._folder, self._release = folder, re.escape(link) + STAMP
        own = programs.about(os.getpid(), "mountinfo")
        self._own = list(mounts(own))
        around = [each for each in self._own if f"{folder}/".startswith(f"{each.point}/")]
        # of two mounts at one point the later one is seen
        nearest = max(reversed(around), key=lambda each: len(each.point), default=Mount("", "", ""))
        self._device, self._place = nearest.device, nearest.root + folder[len(nearest.point) :]
        self._views: dict[bytes, dict[re.Pattern[str], str]] = {}
        self._last: tuple[int, dict[re.Pattern[str], str]] | None = None

    def releases(self, pid: int, text: str) -> set[str]:
        """The releases that a text of a process names: a path, or many, each at the beginning or after a blank."""
        if not self._last or self._last[0] != pid:
            seen = programs.about(pid, "mountinfo")
            if seen not in self._views:
                self._views[seen] = self._finders(mounts(seen))
            self._last = pid, self._views[seen]
        return {
            name or found[1]
            for finder, name in self._last[1].items()
            for found in finder.finditer(text)
            if text[found.start() - 1 : found.start()] in ("", " ", "\0", "\n", "\t")
        }

    def _finders(self, more: Iterable[Mount]) -> dict[re.Pattern[str], str]:
        """What finds a release in these mounts, or in this program's: its name, or a place that shows a part of one."""
        inside, end = f"/({self._release})", r"(?![\w.-])"
        found = {re.escape(self._folder) + inside: ""}
        for mount in (each for each in (*self._own, *more) if each.device == self._device):
            part = re.match(f"{re.escape(self._place)}{inside}(?![^/])", mount.root)
            if part:
                found[re.escape(mount.point) or "(?=/)"] = part[1]
            elif f"{self._place}/".startswith(f"{mount.root}/"):
                found[re.escape(mount.point + self._place[len(mount.root) :]) + inside] = ""
        return {re.compile(text + end): name for text, name in found.items()}
