"""What a host reports while a phase runs."""

from typing import NamedTuple


class Event(NamedTuple):
    """What happened on a host.

    kind      words
    step      start NAME | done NAME MILLISECONDS
    lane      start LABEL COMMAND | done LABEL COMMAND MILLISECONDS
    line      LABEL TEXT            the newest line of output, now and then
    left_out  COUNT                 lines of output that did not fit into the queue
    tail      LABEL TEXT            one of the last lines of what failed
    fact      KEY VALUE
    check     ok|warn|FAIL TEXT NEXT
    swapped   NAME FROM             the live link has moved
    note, warn, text, noise         TEXT
    fail      WHAT NEXT
    locked, pending
    end       CODE                  the last event of a phase
    """

    kind: str
    words: tuple[str, ...]

    def word(self, index: int) -> str:
        """The word at index, "" where there are fewer."""
        return self.words[index] if index < len(self.words) else ""
