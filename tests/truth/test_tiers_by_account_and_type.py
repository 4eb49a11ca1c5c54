"""Tiers that go by account and resource type, and why a resource has its own."""

from typing import Any, Final

import pytest

from tests.loopback.auditing import DAILY, Judgement, audit
from tests.loopback.standing import ACCOUNT, VOLUME, standing
from tests.truth.explaining import command

COVERED: Final = "BKP-COV-001"
ELSE: Final = "999999999999"
LOOSE: Final = VOLUME.replace("vol-1", "vol-2")
TIERS: Final[dict[str, Any]] = {
    "tiers": {"daily": DAILY, "exempt": {"required": False}},
    "assignment": [
        {"tier": "exempt", "accounts": [ELSE]},
        {"tier": "daily", "tags": {"backup": "daily"}},
        {"tier": "exempt", "resource_types": ["EBS", "EKS"], "accounts": [ACCOUNT]},
    ],
    "default": "daily",
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """Two volumes, of which the first has the tag."""
    world = standing(9, tags={"backup": "daily"})
    world.volume("vol-2")
    return audit(world, tmp_path_factory.mktemp("tiers"), tiers=TIERS)


def test_the_first_entry_that_matches_decides(judged: Judgement) -> None:
    """The volume without the tag is exempt, as its type is in this account; the other one is not."""
    assert judged.verdict(COVERED, VOLUME) == "COMPLIANT"
    assert judged.verdict(COVERED, LOOSE) == "NOT_APPLICABLE"


def test_it_is_explained_which_entry_decides_and_why_no_earlier_one(
    judged: Judgement, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the lines of the tiers that the run keeps."""
    assert command("explain", "vol-2", "--run", str(judged.run)) == 0

    assert capsys.readouterr().out.partition("  tier     ")[2].partition("\n\n")[0].splitlines() == [
        "exempt",
        f"    - entry 1 (exempt, line 11 of tiers.yaml) does not match: the account is {ACCOUNT}, not {ELSE}",
        "    - entry 2 (daily, line 14 of tiers.yaml) does not match: there is no tag backup",
        f"    - entry 3 (exempt, line 17 of tiers.yaml) matches: account {ACCOUNT}, resource type EBS or EKS",
    ]
