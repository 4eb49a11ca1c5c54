"""The trend over the runs of one folder: which count, in which order, and that none is drawn as zero."""

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.judge import trend as module
from auditor.judge.trend import trend
from reports.document import from_json, to_json
from reports.trend_points import point
from tests.golden.sample_document import PROVENANCE
from tests.unit.judge.test_earlier import NOW, asked, judged


def test_earlier_runs_are_listed_the_oldest_first(tmp_path: Path) -> None:
    """Those before this one that were asked for the same, each with its own numbers; the others are named."""
    older, newer = (judged(tmp_path, day, "a") for day in ("02-06", "02-08"))
    judged(tmp_path, "02-07", "a", provenance=asked(regions="eu-west-3"))
    broken = judged(tmp_path, "02-05", "a")
    (broken / "document.json").write_text("{")
    run = judged(tmp_path, "02-09", "a")
    judged(tmp_path, "02-10", "a")

    told = trend(run, NOW, PROVENANCE)
    assert told["runs"] == [point(from_json((one / "document.json").read_bytes())) for one in (older, newer)]
    assert told["notes"] == [
        "The run 2026-02-07 does not count: it was asked for other accounts or Regions.",
        "The run 2026-02-05 does not count: its document.json cannot be read.",
    ]


def test_the_first_run_has_no_trend(tmp_path: Path) -> None:
    """Nothing, and nothing is said."""
    assert trend(judged(tmp_path, "02-09", "a"), NOW, PROVENANCE) == {"runs": [], "notes": []}


def test_a_copy_of_a_run_keeps_the_trend_that_it_had(tmp_path: Path) -> None:
    """Judged again where no other run lies; not where it was asked for something else."""
    run = judged(tmp_path, "02-09", "a")
    had = {
        "runs": [{**point(from_json((run / "document.json").read_bytes())), "run_id": "r"}],
        "notes": ["n"],
    }
    own = replace(from_json((run / "document.json").read_bytes()), trend=had)
    assert from_json(to_json(own)).trend == had
    assert trend(run, NOW, PROVENANCE, own) == had
    assert trend(run, NOW, asked(regions="eu-west-3"), own) == {"runs": [], "notes": []}


def test_so_many_runs_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest, on both sides of the bound; that there are older ones is said."""
    for day in ("02-06", "02-07", "02-08"):
        judged(tmp_path, day, "a")
    run = judged(tmp_path, "02-09", "a")
    for most, listed, notes in (
        (3, ["2026-02-06", "2026-02-07", "2026-02-08"], []),
        (2, ["2026-02-07", "2026-02-08"], ["Earlier runs were not looked at: 1, the newest 2026-02-06."]),
    ):
        monkeypatch.setattr(module, "MAX_TREND", most)
        told = trend(run, NOW, PROVENANCE)
        assert ([one["run_id"] for one in told["runs"]], told["notes"]) == (listed, notes)
