"""The first thing that runs in `fab`: it hears Ctrl-C before fabfile.py is there to, and leaves out what no verb uses.

Python would print its own traceback for a Ctrl-C while Fabric is imported. `make` puts this file and fab_start.pth beside
Fabric; Python then runs it first, in every program, and it minds only fab.
"""

import atexit
import errno
import gc
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType, TracebackType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class Later(ModuleType):
    """Stands in for a module that is imported by others and used by none: the real one is loaded when something of it is."""

    def __getattr__(self, name: str) -> object:
        if name == "__path__":  # asked by each `from ... import`
            raise AttributeError(name)
        self.step_aside()
        return getattr(import_module(self.__name__), name)

    def step_aside(self) -> None:
        """Whoever imports the module from now on gets the real one."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]


class Names(ModuleType):
    """Stands in for a module of the host program, which a workstation names and never calls: it has functions by any name."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or "__path__" in self.__dict__:
            raise AttributeError(name)

        def named() -> None:
            """Only its name is used."""

        named.__module__, named.__qualname__ = self.__name__, name
        return named


class Host:
    """Finds the modules of `tasks.host` by their files, and loads none of them."""

    def find_spec(self, name: str, path: "Sequence[str] | None" = None, _: object = None) -> "ModuleSpec | None":
        """As importlib asks for it."""
        if not name.startswith("tasks.host.") or not path:
            return None
        place = os.path.join(path[0], name.rpartition(".")[2])
        package = os.path.isdir(place)
        if not package and not os.path.isfile(f"{place}.py"):
            return None
        spec = ModuleSpec(name, self, is_package=package)  # type: ignore[arg-type]
        spec.submodule_search_locations = [place] if package else None
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The stand-in."""
        return Names(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


class Fabric:
    """Finds `fabric.main`, and gives its program words of our own for a fabfile that is not there."""

    def find_spec(self, name: str, path: "Sequence[str] | None" = None, _: object = None) -> "ModuleSpec | None":
        """As importlib asks for it."""
        spec = PathFinder.find_spec(name, path) if name == "fabric.main" else None
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def with_our_words(module: ModuleType) -> None:
                execute(module)
                module.program.loader_class = _refusing(module.program.loader_class)

            spec.loader.exec_module = with_our_words  # type: ignore[method-assign]
        return spec


def _refusing(loader: "Any") -> "Any":
    """Invoke's loader, which ends with 1 and words of Invoke's own where it finds no fabfile, made to end as `_refuse` does."""

    class Refusing(loader):  # type: ignore[misc]
        def load(self, name: "str | None" = None) -> "Any":
            self._start = os.path.abspath(self.start)  # above a relative one Invoke looks nowhere
            try:
                return super().load(name)
            except Exception as problem:
                if type(problem).__name__ != "CollectionNotFound":
                    raise
                wanted = self.config.tasks.collection_name if name is None else name
                _refuse(f"there is no {wanted}.py in {self.start}, nor above it" if wanted else "-c is empty", _NO_FABFILE)

    return Refusing


def loaded() -> None:
    """Fabric is loaded: nobody else is to meet a stand-in, and what is there by now stays."""
    gc.freeze()
    gc.enable()
    for module in [module for module in sys.modules.values() if isinstance(module, Later)]:
        module.step_aside()


def end(code: int) -> None:
    """End this process with a code, without what Python does to take everything apart: a sixth of a short run.

    Returns where this is not `fab`, or the last output cannot be written: Python's own end reports that.
    """
    try:
        if any(_fab):
            atexit._run_exitfuncs()
            for stream in filter(None, (sys.stdout, sys.stderr)):
                stream.flush()
            os._exit(code)
    except (OSError, ValueError):
        pass


def _later(name: str, **there: object) -> None:
    if name not in sys.modules:
        sys.modules[name] = module = Later(name)
        module.__dict__.update(there)


def _version(package: str) -> str:
    """What importlib.metadata would say of a package beside this file."""
    start, end = package + "-", ".dist-info"
    names = os.listdir(os.path.dirname(__file__))
    found = [name[len(start) : -len(end)] for name in names if name.startswith(start) and name.endswith(end)]
    return found[0] if len(found) == 1 else import_module("importlib.metadata").distribution(package).version


def _begun() -> bool:
    """Whether a verb of ours has begun."""
    return bool(getattr(sys.modules.get("tasks.flow.interrupts"), "begun", False))


def _leave(*_: object) -> None:
    os.write(2, b"interrupted\n" if _begun() else b"interrupted; nothing was sent to any host\n")
    os._exit(130)


def _write_answer() -> None:
    """What Fabric has answered by itself, `--list` say, is written out before Python ends, which would complain."""
    try:
        if not _begun() and sys.stdout:
            sys.stdout.flush()
    except OSError as problem:
        _unwritten(problem)
    except ValueError:
        pass  # it is closed


def _unwritten(problem: OSError) -> None:
    if isinstance(problem, BrokenPipeError):
        os._exit(0)  # `fab --list | head`: who stops reading has enough
    os.write(2, _UNWRITTEN.format(problem).encode("utf-8", "backslashreplace"))
    os._exit(3)


def _refuse_commands(words: "list[str]") -> None:
    """`fab -H HOST -- COMMAND` is Fabric's own: it loads no fabfile, and connects to any host, whatever its key."""
    if "--" in words[:-1] and "--complete" not in words:
        _refuse("fab -H NAME -- COMMAND is refused: Fabric would connect to a host without a look at its key", "fab --list")


def _unusable(kind: "type[BaseException]", problem: BaseException, trace: "TracebackType | None") -> None:
    """Fabric ends with a traceback where an option or a file of settings cannot be used: while no code of ours has run."""
    frame, ours = trace, not issubclass(kind, Exception)
    while frame and not ours:
        ours = frame.tb_frame.f_globals.get("__name__", "").partition(".")[0] in ("tasks", "fabfile")
        frame = frame.tb_next
    if ours:
        sys.__excepthook__(kind, problem, trace)
        return
    if isinstance(problem, OSError) and problem.filename is None and problem.errno in _WRITING:
        _unwritten(problem)
    said, file = str(problem) or kind.__name__, _file_of(trace)
    if said.startswith(_NO_NUMBER):
        _refuse(f"-t, -T and -D take a whole number, and not {said[len(_NO_NUMBER) :]}", "fab --help")
    named = f"{file}: {said}" if file and file not in said else said
    _refuse(f"Fabric cannot use an option, or a file of its settings: {named}", "fab --help")


def _file_of(trace: "TracebackType | None") -> str:
    """The file of settings that Invoke was at."""
    found = ""
    while trace:
        here = trace.tb_frame
        name = {"_load_file": "filepath", "_merge_file": "path"}.get(here.f_code.co_name, "")
        found, trace = str(here.f_locals.get(name) or found), trace.tb_next
    return found


def _refuse(what: str, next: str) -> "NoReturn":
    """End with an error, before anything was sent."""
    said = "".join(c if c.isprintable() else "?" for c in what)
    os.write(2, f"error: {said}\nNo host was touched.\nnext: {next}\n".encode("utf-8", "backslashreplace"))
    os._exit(2)


_UNWRITTEN = """error: the answer cannot be written: {}
No host was touched.
"""

_WRITING = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_NO_NUMBER = "invalid literal for int() with base 10: "
_NO_FABFILE = "# type it in the directory of fabfile.py, or correct -r, which names that, and -c"

_fab = [os.path.basename(word) in ("fab", "fabric") for word in sys.orig_argv[1:3]]
if any(_fab):
    sys.excepthook = _unusable
    atexit.register(_write_answer)
    gc.disable()  # until `loaded`: what is imported is never garbage
    for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(_number) != signal.SIG_IGN:
            signal.signal(_number, _leave)
    _refuse_commands(sys.orig_argv[_fab.index(True) + 2 :])
    # A third of the time of `import fabric`: Invoke's mock of itself, with asyncio; Paramiko's version; Invoke's YAML;
    # what tracebacks, signatures in text, Invoke's help and own runs, odd URLs, and Paramiko's forwarding of an agent need,
    # this with every compression; SFTP.
    _later("unittest.mock", Mock=object)
    _later("importlib.metadata", version=_version)
    _later("invoke.vendor.yaml")
    _later("ast", NodeVisitor=object)
    for _name in ("tempfile", "textwrap", "tokenize", "locale", "ipaddress"):
        _later(_name)
    _later("paramiko.sftp_client", SFTP=object, SFTPClient=object)
    for _name, _class in (("attr", "Attributes"), ("file", "File"), ("handle", "Handle"), ("server", "Server")):
        _later(f"paramiko.sftp_{_name}", **{f"SFTP{_class}": object})
    _later("paramiko.sftp_si", SFTPServerInterface=object)
    sys.meta_path[:0] = [Host(), Fabric()]  # type: ignore[list-item]
    import fab_dial

    fab_dial.begin(sys.orig_argv[_fab.index(True) + 2 :])
