"""Tags of backups in an audit: those that the rule adds and those of the volume, which are listed with it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import Fault, denied
from tests.loopback.standing import VOLUME, standing

CONTROL = "BKP-GOV-010"


@pytest.mark.long
@pytest.mark.parametrize(
    ("own", "faults", "verdict", "said"),
    [
        (45, [], "COMPLIANT", []),
        (46, [], "NON_COMPLIANT", [f"backups of {VOLUME} by rule nightly would have 51 tags"]),
        (45, [denied("DescribeVolumes")], "INSUFFICIENT_DATA", []),
    ],
    ids=["fifty", "one more", "denied"],
)
def test_a_backup_is_foretold_to_have_too_many_tags(
    tmp_path: Path, own: int, faults: Sequence[Fault], verdict: str, said: list[str]
) -> None:
    """Before it fails, and not where nobody knows what the volume has."""
    tags = {f"own-{one}": "v" for one in range(own)}
    world = standing(tags=tags, RecoveryPointTags={f"rule-{one}": "v" for one in range(5)})
    found = audit(world, tmp_path, faults=[*faults])

    (plan,) = (arn for control, arn in found.verdicts if control == CONTROL)
    told = [one.message for one in found.reasons(CONTROL, plan) if one.code == "too_many_tags"]
    assert (found.verdict(CONTROL, plan), [one.partition(";")[0] for one in told]) == (verdict, said)
