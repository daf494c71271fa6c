"""The three kinds of service that post-release acts on."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from tasks.config import values
from tasks.config.section import Section
from tasks.config.values import Text, Word

KINDS = ("systemd", "supervisor", "run")
LONGEST_LABEL = 48


class SystemdService(Section):
    """A systemd unit, or a glob of units."""

    kind: ClassVar[Literal["systemd"]] = "systemd"

    name: Word = Field(validation_alias="systemd", description="A unit, or a glob of units: php8.2-fpm, messenger@*.")
    action: Literal["restart", "reload"] = Field("restart", description="What `systemctl` is asked to do.")

    @field_validator("name")
    @classmethod
    def _has_processes(cls, name: str) -> str:
        if name.endswith((".target", ".socket")):
            raise values.mistake("it has no processes that could be shown to run the release: name the services behind it")
        return name

    @property
    def label(self) -> str:
        return f"systemd {self.name}" + (" (reload)" if self.action == "reload" else "")


class SupervisorService(Section):
    """A program, or a group of programs, of supervisor."""

    kind: ClassVar[Literal["supervisor"]] = "supervisor"

    name: Word = Field(validation_alias="supervisor", description="A program, or a group: releases, workers:*.")
    action: Literal["restart"] = Field("restart", description="supervisor can only restart.")

    @field_validator("action", mode="before")
    @classmethod
    def _no_reload(cls, action: object) -> object:
        if action == "reload":
            raise values.mistake("supervisor cannot reload one program: leave action out, and it is restarted")
        return action

    @property
    def label(self) -> str:
        return f"supervisor {self.name}"


class RunService(Section):
    """A command of service_user's own."""

    kind: ClassVar[Literal["run"]] = "run"

    command: Text = Field(validation_alias="run", description="Any other command, run as service_user.")

    @property
    def label(self) -> str:
        """The words for this service on a screen: one line, shortened, with nothing that moves a cursor."""
        line = "".join(c if c.isprintable() else " " for c in f"run {self.command}")
        line = " ".join(line.split())
        return line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1].rstrip() + "…"


def _kind(service: Any) -> str | None:
    """Which of the three a mapping (or a service made in Python) is; None where it is none, or more than one."""
    if isinstance(service, dict):
        named = [kind for kind in KINDS if kind in service]
        return named[0] if len(named) == 1 else None
    return getattr(type(service), "kind", None)


Service = SystemdService | SupervisorService | RunService
AnyService = Annotated[
    Annotated[SystemdService, Tag("systemd")]
    | Annotated[SupervisorService, Tag("supervisor")]
    | Annotated[RunService, Tag("run")],
    Discriminator(
        _kind,
        custom_error_type="service_kind",
        custom_error_message="expected a mapping with exactly one of systemd, supervisor and run",
    ),
]
