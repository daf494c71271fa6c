"""The values of one run: what differs between two releases of the same hosts.yml."""

from dataclasses import dataclass, fields

TOOL_VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Run:
    """Who does what, under which names. `what` is for the one who finds the lock taken."""

    nonce: str
    id: str
    by: str
    verb: str
    what: str
    ref: str = ""
    commit: str = ""
    release: str = ""
    path: str = ""
    live_at_start: str = ""
    put_back: str = ""

    @classmethod
    def placeholders(cls) -> "Run":
        """Every value shown as its name: for `plan --script`."""
        return cls(**{field.name: f"<{field.name}>" for field in fields(cls)})

    def values(self, phase: str) -> dict[str, str]:
        """The assignments that a program starts with."""
        return {
            "NONCE": self.nonce,
            "RUN": self.id,
            "BY": self.by,
            "VERB": self.verb,
            "WHAT": self.what,
            "PHASE": phase,
            "RELEASE_NAME": self.release,
            "RELEASE_REF": self.ref,
            "RELEASE_COMMIT": self.commit,
            "RELEASE_PATH": self.path,
            "LIVE_AT_START": self.live_at_start,
            "PUT_BACK": self.put_back,
            "TOOL_VERSION": TOOL_VERSION,
        }
