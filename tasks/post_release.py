"""post-release: make the running services use what is live."""

from tasks.errors import NotReleased
from tasks.flow import services
from tasks.flow.fleet import Fleet
from tasks.flow.summary import summarize
from tasks.flow.verb import verb

HELP = {"end_strays": "end what an old release has left running in the group of php-fpm"}


@verb(HELP, locks=True)
def post_release(fleet: Fleet, end_strays: bool = False) -> None:
    """Make the services use the live release, then ask the site for its health."""
    fleet.prepare(tries="warns", needs="move")
    with fleet.lock():
        release = fleet.primary.first
        for member in fleet.members:
            if not member.live:
                raise NotReleased("nothing is live yet", next=fleet.hint("deploy", "--ref", "master"))
            if member.live != release.name:
                member.host.warn(f"{member.live} is live here, and {release.name} on {fleet.primary.host.address}")
        services.post_release(fleet, end_strays=end_strays)
    summarize(fleet, release, fleet.hint("status"))
