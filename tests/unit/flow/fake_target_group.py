"""A target group without AWS."""

from collections.abc import Mapping, Sequence

from tasks.errors import ReleaseError
from tasks.remote.target_group import Target, TargetGroup


class Group(TargetGroup):
    """A group whose targets are the hosts with web in their name; what AWS does is done at once, and written down."""

    def __init__(self, arn: str, by: str) -> None:
        super().__init__(arn, by)
        self.done = list[str]()
        self.states = dict[str, str]()
        self.wrong = dict[str, ReleaseError]()
        self.left_out = dict[Target, str]()
        self.gone = set[Target]()

    def find(self, hosts: Mapping[str, Sequence[str]]) -> None:
        self._say("find")
        assert all(address in names for address, names in hosts.items())
        self.of = {address: [Target(address, 80)] if "web" in address else [] for address in hosts}
        self.left = {target: by for target, by in self.left_out.items() if target in self.targets(hosts)}
        self.gone = {*self.left}

    def health(self) -> dict[Target, str]:
        there = [each[0] for each in self.of.values() if each and each[0] not in self.gone]
        return {each: self.states.get(each.id, "healthy") for each in there}

    def take_out(self, targets: Sequence[Target]) -> float:
        self.out.update(dict.fromkeys(targets))
        self.gone |= {*targets}
        self._say("out", targets)
        return 360.0

    def put_in(self, targets: Sequence[Target]) -> float:
        self._register(targets)
        return 240.0

    def _register(self, targets: Sequence[Target]) -> None:
        self._say("in", targets)
        self.gone -= {*targets}
        for each in targets:
            self.out.pop(each, None)

    def leaving(self, targets: Sequence[Target]) -> dict[Target, str]:
        return {each: "draining" for each in targets if self.states.get(each.id) == "draining"}

    def _say(self, what: str, targets: Sequence[Target] = ()) -> None:
        if problem := self.wrong.get(what):
            raise problem
        self.done.append(" ".join([what, *(each.id for each in targets)]))
