"""Every run has an id of its own, by which its reports, its folder and its evidence are told apart."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

from auditor.evidence.metadata import new_run_id
from tests.loopback.auditing import audit
from tests.loopback.standing import standing

ID = re.compile(r"2026-03-01T00-01-00Z-[0-9a-hjkmnp-tv-z]{10}")


def test_a_run_is_named_by_when_it_was_collected_and_at_random(tmp_path: Path) -> None:
    """Two runs of one moment have two ids; folder, manifest and document name the same."""
    world = standing(keep=14)

    runs = [audit(world, tmp_path) for _ in range(2)]

    names = [one.run.name for one in runs]
    assert [bool(ID.fullmatch(name)) for name in names] == [True, True]
    assert len({*names}) == 2
    assert [one.document["run"]["id"] for one in runs] == names
    assert [(one.run.parent / "latest").resolve().name for one in runs] == names


def test_ids_sort_by_time_and_are_drawn_each_time() -> None:
    """A thousand of one second are a thousand; the clock's offset does not matter."""
    moment = datetime(2026, 3, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))

    drawn = {new_run_id(moment) for _ in range(1000)}

    assert len(drawn) == 1000
    assert all(ID.fullmatch(one) for one in drawn)
