"""A local host for every test, and nothing of the person who runs the tests."""

import os
from pathlib import Path

import pytest

from tests.support.host import LocalHost


@pytest.fixture(autouse=True)
def nobody_in_particular(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("nobody")))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("SSH_AUTH_SOCK", "HOSTS_FILE", "SANDBOX_DIR", "NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bare_host(tmp_path: Path) -> LocalHost:
    """A host that nobody has set up."""
    return LocalHost(tmp_path)


@pytest.fixture
def host(bare_host: LocalHost) -> LocalHost:
    """A host that is set up, with nothing live."""
    return bare_host.set_up()
