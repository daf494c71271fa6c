"""plan: what a release would do, before it does it."""

from tasks.errors import UsageError
from tasks.flow.fleet import Fleet
from tasks.flow.plan import requests, show
from tasks.flow.verb import verb
from tasks.view.plan import request_lines
from tasks.view.report import print_json, print_lines

_HELP = {
    "ref": "branch, tag or commit",
    "steps": "print what release sends to each host, step by step, and ask no host",
    "json": "with --steps: the very requests, as one JSON document on stdout",
}


@verb(_HELP, reads=True)
def plan(fleet: Fleet, ref: str | None = None, steps: bool = False, json: bool = False) -> None:
    """What a release of --ref would do; --steps prints what it sends."""
    if steps and json:
        print_json({"environment": fleet.environment.name, "requests": requests(fleet)})
    elif steps:
        print_lines(request_lines(requests(fleet)))
    elif json:
        raise UsageError("plan takes --json with --steps", next=fleet.hint("plan", "--steps", "--json"))
    elif not ref:
        raise UsageError("plan needs --ref BRANCH, TAG or COMMIT", next=fleet.hint("plan", "--ref", "master"))
    else:
        show(fleet, ref)
