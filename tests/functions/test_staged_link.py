"""Each run stages a link of its own before it goes live: no other is used, and none of another is removed but by a sweep."""

import os

import pytest

from tests.support.host import LocalHost
from tests.support.records import LocalRecords


@pytest.fixture
def records(host: LocalHost) -> LocalRecords:
    return LocalRecords(host)


@pytest.mark.parametrize("others", [".source.new", ".source.0123456789ab"])
def test_a_link_that_another_run_has_staged_is_not_used_and_goes(records: LocalRecords, others: str) -> None:
    host, (first,), (second,) = records.host, records.released(1), records.sealed(2)
    (host.home / others).symlink_to(host.releases / first)
    assert host.cut_over(second).code == 0
    host.assert_live(second)
    assert not (host.home / others).is_symlink()


@pytest.mark.parametrize("others", [".source.txt", ".source.d", ".source.not-a-run-id", ".source.0123456789abcdef"])
def test_what_is_no_staged_link_is_never_removed(host: LocalHost, others: str) -> None:
    (host.home / others).symlink_to("somewhere")
    (host.home / ".source.0123456789ab").write_text("no link")
    assert host.build().code == 0
    assert (host.home / others).is_symlink()
    assert (host.home / ".source.0123456789ab").read_text() == "no link"


def test_a_staged_link_that_somebody_changed_does_not_go_live(records: LocalRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    host, (first,), (second,) = records.host, records.released(1), records.sealed(2)
    symlink = os.symlink

    def change(target: str, link: str) -> None:
        symlink(str(host.releases / "elsewhere") if ".source." in link else target, link)

    monkeypatch.setattr(os, "symlink", change)
    done = host.cut_over(second)
    assert (done.code, "was changed by somebody else" in done.failure) == (3, True)
    host.assert_live(first)
    assert list(host.home.glob(".source.*")) == []
