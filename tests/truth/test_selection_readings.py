"""Where AWS's documents disagree on a selection: what each reading makes of the verdict of BKP-COV-001."""

from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.standing import VOLUME, World, rule

PREFIXED = {
    "ListOfTags": [
        {"ConditionType": "STRINGEQUALS", "ConditionKey": "aws:ResourceTag/team", "ConditionValue": "red one"}
    ]
}
SPACED = {
    "Resources": ["*"],
    "Conditions": {"StringLike": [{"ConditionKey": "aws:ResourceTag/team", "ConditionValue": "red*"}]},
}


def planned(selection: dict[str, Any]) -> World:
    """A volume of the team `red one`, a plan, and no job yet that would show what AWS makes of it."""
    world = World()
    world.volume(Tags=[{"Key": "team", "Value": "red one"}])
    world.vault()
    world.plan([rule()])
    world.selection(**selection)
    return world


@pytest.mark.parametrize(
    ("selection", "settings", "verdict"),
    [
        (PREFIXED, {}, "INSUFFICIENT_DATA"),
        (PREFIXED, {"list_of_tags_prefix": "accepted"}, "COMPLIANT"),
        (PREFIXED, {"list_of_tags_prefix": "refused"}, "NON_COMPLIANT"),
        (SPACED, {}, "INSUFFICIENT_DATA"),
        (SPACED, {"like_whitespace": "matches"}, "COMPLIANT"),
        (SPACED, {"like_whitespace": "differs"}, "NON_COMPLIANT"),
    ],
)
def test_a_reading_decides_whether_a_plan_selects(
    tmp_path: Path, selection: dict[str, Any], settings: dict[str, Any], verdict: str
) -> None:
    """Undecided it is unknown, neither a pass nor a finding; the document says how it was read."""
    judged = audit(planned(selection), tmp_path, **settings)

    assert judged.verdict("BKP-COV-001", VOLUME) == verdict
    assert settings.items() <= judged.document["run"]["readings"].items()


@pytest.mark.parametrize("selection", [PREFIXED, SPACED])
def test_a_recorded_job_decides_what_the_documents_do_not(tmp_path: Path, selection: dict[str, Any]) -> None:
    """AWS Backup has selected the volume since the selection was made."""
    world = planned(selection)
    world.night(world.as_of.replace(month=2, hour=1))

    assert audit(world, tmp_path).verdict("BKP-COV-001", VOLUME) == "COMPLIANT"
