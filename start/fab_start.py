"""The first thing that runs in `fab`: it hears Ctrl-C before fabfile.py is there to, and leaves out what no verb uses.

Python would print its own traceback for a Ctrl-C while Fabric is imported. `make` puts this file and fab_start.pth beside
Fabric; Python then runs it first, in every program, and it minds only fab.
"""

import os
import signal
import sys
from importlib import import_module
from types import ModuleType


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


def loaded() -> None:
    """Fabric is loaded: nobody else is to meet a stand-in."""
    for module in [module for module in sys.modules.values() if isinstance(module, Later)]:
        module.step_aside()


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


def _leave(*_: object) -> None:
    begun = getattr(sys.modules.get("tasks.flow.interrupts"), "begun", False)
    os.write(2, b"interrupted\n" if begun else b"interrupted; nothing was sent to any host\n")
    os._exit(130)


def _refuse_commands(words: "list[str]") -> None:
    """`fab -H HOST -- COMMAND` is Fabric's own: it loads no fabfile, and connects to any host, whatever its key."""
    if "--" in words[:-1] and "--complete" not in words:
        os.write(2, _NO_COMMANDS)
        os._exit(2)


_NO_COMMANDS = b"""error: fab -H NAME -- COMMAND is refused: Fabric would connect to a host without a look at its key
No host was touched.
next: fab --list
"""

_fab = [os.path.basename(word) in ("fab", "fabric") for word in sys.orig_argv[1:3]]
if any(_fab):
    for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(_number) != signal.SIG_IGN:
            signal.signal(_number, _leave)
    _refuse_commands(sys.orig_argv[_fab.index(True) + 2 :])
    # A third of the time of `import fabric`: Invoke's mock of itself, with asyncio; Paramiko's version; Invoke's YAML.
    _later("unittest.mock", Mock=object)
    _later("importlib.metadata", version=_version)
    _later("invoke.vendor.yaml")
    import fab_dial

    fab_dial.begin(sys.orig_argv[_fab.index(True) + 2 :])
