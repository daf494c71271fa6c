"""One case on one host: the fault, what must hold after it, and the next deploy."""

import re

from tasks.phases.post_release import WAITING
from tests.chaos.attempt import Attempt
from tests.chaos.cases import MOMENT, Case
from tests.chaos.codes import allowed
from tests.support.chaos_faults import DEPLOY, FAULTS, ROLLBACK
from tests.support.chaos_looks import Look, afterwards, always, look, running, told, unchanged
from tests.support.chaos_site import ChaosSite, Plan
from tests.support.chaos_typed import Typed, soon
from tests.support.chaos_visitors import Scene, Visitors

SHORT = 5
"""Seconds for one step, when a command hangs."""

LONGEST = 2 * SHORT + WAITING + 30
"""Seconds within which fab ends then: a step that acts on a service may wait for it besides."""

UNMOVED, MOVED = {3, 5, 6, 7}, {0, 4}
"""Exit codes after which the release from before is live, and after which the new one is."""


class Trial(Attempt):
    """A case, tried on a site whose steps have so many `commands` each."""

    def __init__(self, site: ChaosSite, case: Case, seed: str, commands: dict[str, int], content: str) -> None:
        super().__init__(case.id, seed)
        self.site, self.case, self.content = site, case, content
        self.fault = FAULTS[case.fault]
        self.theirs: Look | None = None
        mode = "hang" if case.fault == "hang" else "stop"
        place = str(case.place)
        self.plan = Plan(mode, place, case.position, case.command(seed, commands.get(place, 1)))
        self.said = f"{self.plan.mode} at {place}, {case.position}, command {self.plan.command}\n"

    def over(self) -> None:
        """The fault has ended, and nobody waits any more."""
        self.site.go_on()
        self.fault.over(self.site)

    def _run(self) -> None:
        site = self.site
        site.push()
        site.write(**({"step_timeout": SHORT} if self.case.fault == "hang" else {}))
        before = look(site)
        visitors = Visitors(site)
        visitors.come()
        try:
            typed = self._strike(visitors)
            self.broken += (still := running(site))
            after = look(site)
            self.broken += always(after, self.content)
            self._judge(typed, before, after)
            self.broken += [f"{lock} is held" for lock in after.held]
            self.broken += told(site, after)[1]
            self.broken += unchanged(before, after)
            now = self._again(typed, after)
            self.broken += unchanged(after, now)
            self.broken += [] if still else running(site)
        finally:
            visitors.leave()
        lost = [request for request in visitors.requests if request.said.failure]
        self.broken += [f"{len(lost)} requests were not answered: {lost[0]}"] if lost else []
        strange = {request.said.release for request in visitors.requests} - {"", *before.sealed, *after.sealed, *now.sealed}
        self.broken += [f"visitors were answered by {name}, which is no release" for name in sorted(strange)]

    def _strike(self, visitors: Visitors) -> Typed:
        dice = self.case.dice(self.seed)
        if self.case.place == MOMENT:
            self.site.forget()
            typed = self.site.start(*self.fault.words)
            soon(lambda: typed.code is not None, dice.random() * self.site.usual)
            self.said += f"by then: {typed.said}----\n"
        else:
            self.site.plan(self.plan)
            typed = self.site.start(*self.fault.words)
            soon(lambda: self.site.reached or typed.code is not None, 60)
            self.said += f"reached: {self.site.reached}\n"
        if self.site.reached or self.case.place == MOMENT:
            scene = Scene(self.site, typed, visitors, dice)
            self.fault.strike(scene)
            self.theirs = scene.theirs
        else:
            self.broken.append("the place was never reached")
        if not typed.wait(LONGEST if self.case.fault == "hang" else 60):
            self.broken.append("fab did not end, and was killed")
        self.site.go_on()
        self.said += typed.said
        return typed

    def _judge(self, typed: Typed, before: Look, after: Look) -> None:
        """Do the exit code and the message say how things stand?"""
        code = typed.process.returncode
        if code not in allowed(self.case):
            self.broken.append(f"exit {code}, and only {sorted(allowed(self.case))} may be")
        if not true(code, before, self.theirs, after):
            theirs = f", and {self.theirs.live} was a colleague's" if self.theirs else ""
            self.broken.append(f"exit {code}, and {before.live} was live{theirs}, and {after.live} is")
        said = typed.said
        if "Traceback" in said or "defect of this tool" in said:
            self.broken.append("a defect of this tool was shown")
        names = re.findall(r"^Live: (nothing|[\w.-]+\w)", said, re.MULTILINE)
        if names and names[-1] != (after.live or "nothing"):
            self.broken.append(f"it says {names[-1]} is live, and {after.live} is")
        if code in (3, 4, 6, 7, 130) and not names and "Nothing was" not in said and "nothing was sent" not in said:
            self.broken.append(f"exit {code}, and it does not say what is live")

    def _again(self, first: Typed, after: Look) -> Look:
        """The next deploy goes well, and leaves nothing behind; so does a rollback that was refused, before it."""
        self.site.write()
        self.site.push()
        refused = self.fault.words == ROLLBACK and first.process.returncode in UNMOVED
        for words in (ROLLBACK, DEPLOY) if refused else (DEPLOY,):
            typed = self.site.start(*words)
            ended = typed.wait()
            self.said += f"and again:\n{typed.said}"
            if not ended or typed.process.returncode:
                self.broken.append(f"the next {words[0]} ended with {typed.process.returncode}")
        now, found = afterwards(self.site, self.content)
        self.broken += found
        if now.live == after.live:
            self.broken.append(f"{now.live} is still live after the next deploy")
        status, found = told(self.site, now, ("status", "history", "releases"))
        self.broken += found
        if status["post_release_pending"]:
            self.broken.append("post-release is pending after the next deploy")
        return now


def true(code: int | None, before: Look, theirs: Look | None, after: Look) -> bool:
    """Is what the exit code says of the live release so? What a colleague has made live after ours was stays."""
    if theirs and theirs.cutovers[-1][0] != before.live:
        return code in MOVED and after.live == theirs.live
    moved = after.live != (theirs or before).live
    return moved if code in MOVED else not (code in UNMOVED and moved)
