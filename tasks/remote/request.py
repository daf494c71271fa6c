"""A phase as the JSON that the host program takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.phases.step import Phase
from tasks.remote.run import About, Run

if TYPE_CHECKING:
    from tasks.config.models import Environment

TOOL_VERSION = "1.0.0"


def request(phase: Phase, environment: Environment, run: Run, about: About) -> dict[str, Any]:
    """Everything that the host is asked for, without the modules."""
    return {
        "phase": phase.name,
        "kind": phase.kind,
        "steps": [[step.name, step.function, step.arguments, step.within] for step in phase.steps],
        "undo": phase.undo,
        **dict(phase.options),
        "site": site(environment),
        "who": {"id": run.id, "by": run.by, "verb": run.verb, "what": run.what, "tool": TOOL_VERSION, **left_out(run)},
        "about": {
            "release": about.release.name,
            "ref": about.release.ref,
            "commit": about.release.commit,
            "path": about.path,
            "expected": about.expected,
            "put_back": about.put_back,
        },
    }


def left_out(run: Run) -> dict[str, str]:
    """The hosts that the run leaves out, and why; nothing where it takes all."""
    return {"without": " ".join(run.without), "reason": run.reason} if run.without else {}


def site(environment: Environment) -> dict[str, Any]:
    """The values of hosts.yml that every phase may need."""
    return {
        "environment": environment.name,
        "live_link": environment.live_link,
        "builds_dir": environment.builds_dir,
        "releases_dir": environment.releases_dir,
        "step_timeout": environment.step_timeout,
        "release_user": environment.release_user,
        "path": list(environment.path),
        "env": dict(environment.env),
        "serves": bool(environment.services or environment.health),
        "runtime_files": [[file.path, file.optional] for file in environment.runtime_files],
    }


def functions(phase: Phase) -> list[str]:
    """The functions of the host program that a phase names."""
    named = [step.function for step in phase.steps]
    by_kind = {"job": ["tasks.host.job:start", "tasks.host.job_process:main"], "follow": ["tasks.host.follow:running"]}.get(
        phase.kind, []
    )
    keeps = ["tasks.host.kept:keep"] if ("keep", True) in phase.options else []
    return [*named, *by_kind, *keeps, *([phase.undo] if phase.undo else [])]
