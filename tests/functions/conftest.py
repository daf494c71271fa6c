"""A local host for every test, and nothing of the person who runs the tests."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.host import LocalHost
from tests.support.records import SEALED, LocalRecords


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


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> LocalHost:
    """A host that is set up once, to be copied."""
    return LocalHost(tmp_path_factory.mktemp("prepared")).set_up()


@pytest.fixture
def host(prepared: LocalHost, tmp_path: Path) -> LocalHost:
    """A host that is set up, with nothing live."""
    shutil.copytree(prepared.folder, tmp_path, symlinks=True, dirs_exist_ok=True)
    config = tmp_path / prepared.repo.relative_to(prepared.folder) / "config"
    config.write_text(config.read_text().replace(str(prepared.folder), str(tmp_path)))
    return LocalHost(tmp_path)


@pytest.fixture
def records(bare_host: LocalHost) -> LocalRecords:
    """A host with some releases, of which nothing is live."""
    made = LocalRecords(bare_host)
    for release in SEALED.values():
        made.make(release)
        made.write({"event": "sealed", "name": release})
    return made
