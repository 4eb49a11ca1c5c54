"""Causes over runs of one folder: the same id in each, and since when it is known."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.cli.main import main
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import AS_OF, standing

LONGER = {"retention_days": 30}


def causes(document: Any) -> dict[tuple[str, str], tuple[str, str]]:
    """Id and first sight of each cause, by control and what names it."""
    return {
        (one["control_id"], one["cause"]["name"]): (one["id"], one["first_seen"])
        for one in document["causes"]["shown"]
    }


def judged_again(judged: Judgement) -> Any:
    """The document of a run that is judged once more, by what it was judged by."""
    config = judged.run.parents[1] / "auditor.yaml"
    try:
        main(["evaluate", str(judged.run), "--config", str(config), "--untested"])
    except SystemExit:
        return orjson.loads((judged.run / "document.json").read_bytes())
    raise AssertionError(config)


@pytest.mark.long
def test_a_cause_is_known_since_the_first_run_that_found_it(tmp_path: Path) -> None:
    """A second volume without a plan comes; what was found the day before keeps its id and its day."""
    before = audit(standing(keep=14), tmp_path, tier=LONGER, as_of=AS_OF - timedelta(days=1))
    world = standing(keep=14)
    world.volume("vol-2")
    after = audit(world, tmp_path, tier=LONGER)
    alone = causes(after.document)
    assert after.document["causes"]["earlier"] == {"run_id": "", "as_of": "", "notes": []}

    shutil.copytree(before.run, after.run.parent / before.run.name)
    document = judged_again(after)

    yesterday, today = "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"
    earlier = {"run_id": before.run.name, "as_of": yesterday, "notes": []}
    assert document["causes"]["earlier"] == earlier
    known = {name: one for name, one in causes(before.document).items() if name in alone}
    assert {when for _, when in known.values()} == {yesterday}
    assert {name: one for name, one in causes(document).items() if name in known} == known
    new = {name: one for name, one in causes(document).items() if name not in known}
    assert new == {name: (alone[name][0], today) for name in alone if name not in known} != {}

    shutil.rmtree(after.run.parent / before.run.name)
    assert judged_again(after)["causes"] == document["causes"]
