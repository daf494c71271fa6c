"""What follows -H: names of hosts.yml and nothing else, judged before Fabric makes connections of them."""

import functools
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fabric.executor import Executor
from invoke.exceptions import AmbiguousEnvVar, Exit, UncastableEnvVar

from tasks.config.inventory import UNTOUCHED, find_hosts_file
from tasks.config.stored import load
from tasks.config.words import shown
from tasks.errors import ReleaseError, UsageError
from tasks.view.page import show_error

A_DAY, PORTS = 86_400, 65_535


class Named(Executor):
    """Fabric's executor, for which `-H user@name:port` is no name, and `-H one,other` are names that there are."""

    def execute(self, *tasks: Any) -> Any:
        """Run the verbs, and end the program where `start/` is installed. A Ctrl-C between them is no traceback either."""
        _name_the_user()
        try:
            done = super().execute(*tasks)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            _end(130)
            raise Exit(code=130) from None
        except Exit as ended:
            _end(ended.code)
            raise
        _end(0)
        return done

    def expand_calls(self, calls: Any, apply_hosts: bool = True) -> Any:
        """The verbs, each with its connection. Ends where a command of Fabric's own follows them."""
        _no_command(self.core.remainder)
        _shown(judge_options, self.core[0].args)
        _shown(functools.partial(judge_place, self.core[0].args), self.collection)
        _shown(judge_settings, self.config)
        return super().expand_calls(calls, apply_hosts)  # type: ignore[no-untyped-call]

    def normalize_hosts(self, hosts: Any) -> Any:
        """The keyword arguments of each connection. Ends with what -H has wrong."""
        _shown(judge, hosts or [])
        return super().normalize_hosts(hosts)  # type: ignore[no-untyped-call]


def _shown(judge: Callable[[Any], None], what: Any) -> None:
    """Ends with what is wrong."""
    try:
        judge(what)
    except ReleaseError as error:
        show_error(error)
        raise Exit(code=error.code) from None


def _end(code: int) -> None:
    if end := getattr(sys.modules.get("fab_start"), "end", None):  # start/ may be older than this, until `make` was run
        end(code)


def _no_command(remainder: str) -> None:
    """Ends `fab -H NAME VERB -- COMMAND`, which Fabric would run on a host whose key it has not looked at."""
    if remainder:
        show_error(
            UsageError("what follows -- is refused: Fabric would connect without a look at the host's key", state=UNTOUCHED)
        )
        raise Exit(code=UsageError.exit_code)


def _name_the_user() -> None:
    """A container's user may have no line in /etc/passwd: Paramiko would end with a KeyError."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = f"uid {os.getuid()}"


def judge_options(args: Any) -> None:
    """Raises UsageError for an option of Fabric's own that it passes over as if it were not there."""
    _judge_seconds(args["connect-timeout"].value)
    if args["search-root"].value == "":
        raise UsageError("-r is empty", state=UNTOUCHED, next="# correct -r, or leave it out")


def judge_place(args: Any, collection: Any) -> None:
    """Raises UsageError for -r and -c that Invoke has passed over, as they stand behind the verb: another fabfile is loaded."""
    root, name, loaded = args["search-root"].value, args["collection"].value, _folder(collection.loaded_from)
    passed = [("-r", root)] if root is not None and not _folder(root).startswith(loaded) else []
    passed += [("-c", name)] if name not in (None, collection.name) else []
    for option, value in passed:
        what = f"{option} {value} stands behind the verb, where the fabfile of {loaded} is loaded already"
        raise UsageError(what, state=UNTOUCHED, next=f"# type {option} before the verb")


def _folder(path: str) -> str:
    """Its absolute path, as Invoke looks up from it: through no link."""
    return os.path.join(os.path.abspath(path), "")  # noqa: PTH100, PTH118 Path.resolve follows links


def judge_settings(config: Any) -> None:
    """Raises UsageError for what the environment or a file says to Fabric that it cannot use, and for a missing file."""
    try:
        config.load_shell_env()
    except (ValueError, AmbiguousEnvVar, UncastableEnvVar) as problem:
        what = f"a variable FABRIC_... or INVOKE_... of the environment cannot be used: {problem}"
        raise UsageError(what, state=UNTOUCHED, next="# correct it, or unset it") from None
    if config._runtime_path is not None and not config._runtime_found:
        what = f"the file of settings {config._runtime_path} does not exist"
        raise UsageError(what, state=UNTOUCHED, next="# correct -f or INVOKE_RUNTIME_CONFIG, or leave it out")
    for said in (config.connect_kwargs.get("timeout"), config.timeouts.connect):
        _judge_seconds(said)
    if not _is_whole(config.port, PORTS):
        what = f"the port of Fabric's settings is a whole number from 1 to {PORTS}, and not {shown(str(config.port))}"
        raise UsageError(what, state=UNTOUCHED, next="# correct FABRIC_PORT, or port of fabric.yml")


def _judge_seconds(said: Any) -> None:
    if said is not None and not _is_whole(said, A_DAY):
        what = f"the time to connect is a whole number of seconds, from 1 to {A_DAY:,}, and not {shown(str(said))}"
        raise UsageError(what, state=UNTOUCHED, next="# correct -t, FABRIC_TIMEOUTS_CONNECT or timeouts.connect of fabric.yml")


def _is_whole(said: Any, most: int) -> bool:
    try:
        return 1 <= int(said) <= most
    except (ValueError, TypeError, OverflowError):
        return False


def judge(names: list[str]) -> None:
    """Raises UsageError where one is no name or, of several, where one is unknown or stands there twice."""
    for number, name in enumerate(names):
        if not name.isprintable() or set(name) & set("@:/") or (not name and len(names) > 1):
            raise UsageError(
                f"-H takes the name of an environment, without user and port, and not {shown(name)}",
                state=UNTOUCHED,
                next="fab -H NAME VERB # hosts.yml says the rest",
            )
        if name in names[:number]:
            raise UsageError(f"-H has {shown(name)} twice", state=UNTOUCHED)
    for name in names if len(names) > 1 else []:
        load(find_hosts_file(name, Path.cwd())).environment(name)
