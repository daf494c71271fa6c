"""History, replayed: what was sealed in which order, what was live before what, and what turned out bad."""

from __future__ import annotations

from typing import Any, Iterable, Sequence

CHANGES = ("adopted", "done", "before", "post-release", "joined")  # what is live, what services run, or which hosts do not
UNTOUCHED = "untouched"  # a put-back before any service was asked to follow: they run what is live again
OF_THE_FILE = ("version", "kept")  # what is known of the file and not from its lines


class Records:
    """What history says, whatever is on the disk by now."""

    def __init__(self) -> None:
        self.version = (0, 0)  # of the history that was replayed: its inode and its size in bytes
        self.kept = 0  # bytes of it whose replay is kept beside it
        self.order: list[str] = []  # every release, as they were sealed
        self.stack: list[str] = []  # what was live, one before the other; the last is the newest
        self.bad: dict[str, str] = {}  # why each is: "rolled back", or "failed" where a deploy put another back
        self.released: dict[str, str] = {}  # when each went live last
        self.begun: list[str] = []
        self.open: set[str] = set()  # builds that began and have neither ended nor been swept
        self.moved = ""  # the run that moved the live link last
        self.intent: dict[str, Any] | None = None  # a cutover that has not been completed
        self.passed: list[str] = []  # what the last cutover has taken from the stack, where that was a rollback
        self.served = ""  # what the last post-release that went well made the services run
        self.finished = True  # the services run what went live last
        self.was_finished = True  # that was so before the last cutover
        self.left_out: dict[str, str] = {}  # hosts that the last cutover left out and that have not been adopted, and why
        self.exchanged = False  # the services run from the place that setup has moved
        self.adopting: dict[str, str] = {}  # what setup began to make a release: a directory, or a link's target

    def replay(self, entries: Iterable[dict[str, Any]]) -> None:
        """Go on with these lines."""
        for entry in entries:
            event, name = entry["event"], entry.get("name", "")
            if event == "begin":
                self.open.add(name)
                self.begun.append(name)
            elif event in ("failed", "swept", "sealed"):
                self.open.discard(name)
            elif event in ("intent", "abandoned", "done"):
                self.intent = entry if event == "intent" else None
            elif event == "adopting":
                self.adopting[name] = entry.get("was", "")
            if event in ("sealed", "adopted"):
                self.order.append(name)
            if event in CHANGES:
                getattr(self, "_" + event.replace("-", "_"))(name, entry)

    def given(self) -> dict[str, Any]:
        """All that these lines say, as JSON has it."""
        return {name: value for name, value in vars(self).items() if name not in OF_THE_FILE} | {"open": sorted(self.open)}

    def take(self, given: dict[str, Any]) -> None:
        """Go on from what another has given."""
        vars(self).update(given, open=set(given["open"]))

    def before(self, live: str) -> Sequence[str]:
        """The good releases that were live before this one, the newest first."""
        past = self.stack[::-1]
        if live in past:
            past = past[past.index(live) + 1 :]
        return [name for name in past if name != live and name not in self.bad]

    def _adopted(self, name: str, entry: dict[str, Any]) -> None:
        self.stack.append(name)
        self.moved, self.released[name] = entry.get("run", ""), entry.get("at", "")
        self.exchanged = self.adopting.get(name, entry.get("was")) == "directory"
        self.finished = not self.exchanged
        self.served = self.served if self.exchanged else name

    def _done(self, name: str, entry: dict[str, Any]) -> None:
        self.finished, self.was_finished = entry.get("put_back") == UNTOUCHED and self.was_finished, self.finished
        self.left_out = dict.fromkeys(entry.get("without", "").split(), entry.get("reason", ""))
        self.moved, self.released[name] = entry.get("run", ""), entry.get("at", "")
        origin = entry.get("from", "")
        if origin and self.stack[-1:] != [origin]:
            self.stack.append(origin)  # somebody had moved the link by hand
        self._judge(name, origin, entry.get("verb") == "rollback", bool(entry.get("put_back")))
        if self.stack[-1:] != [name]:
            self.stack.append(name)

    def _judge(self, name: str, origin: str, rollback: bool, put_back: bool) -> None:
        """What a cutover makes bad or good, and takes from the stack. A rollback that is put back has never been."""
        passed, self.passed = self.passed, []
        if rollback == put_back:
            self.bad.pop(name, None)
        else:
            self.bad[origin] = "failed" if put_back else "rolled back"
        if not rollback and not put_back:
            return
        if rollback and put_back and passed[-1:] == [name]:
            self.stack += passed
        while name in self.stack and self.stack[-1] != name:
            self.passed.insert(0, self.stack.pop())

    def _before(self, name: str, entry: dict[str, Any]) -> None:
        earlier = entry.get("before", "")
        if self.stack[-1:] == [name] and earlier:
            self.stack.insert(-1, earlier)
            self.bad.pop(earlier, None)
            self.released.setdefault(earlier, entry.get("at", ""))

    def _joined(self, name: str, _: dict[str, Any]) -> None:
        self.left_out.pop(name, None)

    def _post_release(self, name: str, entry: dict[str, Any]) -> None:
        if entry.get("outcome") in ("ok", "unhealthy"):
            self.exchanged = False  # the services have followed, whatever the site then answered
        if entry.get("outcome") == "ok":
            self.served, self.finished = name, True
