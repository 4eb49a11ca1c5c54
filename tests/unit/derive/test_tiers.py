"""Which tier a resource belongs to."""

import pytest

from auditor.derive.tiers import tier_of, why_tier
from auditor.model.policy import TierAssignment, Tiers

TIERS = Tiers(
    tiers={"gold": {}, "silver": {}, "bronze": {}, "exempt": {}},
    assignment=(
        TierAssignment("exempt", {"backup-tier": "exempt"}),
        TierAssignment("gold", {"backup-tier": "gold", "env": "prod"}),
        TierAssignment("gold", {"backup-tier": "gold"}, ("Payments", "Ledger")),
        TierAssignment("silver", {}, ("Production",)),
    ),
    default="bronze",
)


@pytest.mark.parametrize(
    ("tags", "ou_path", "expected"),
    [
        ({}, (), "bronze"),
        ({}, ("Workloads", "Production"), "silver"),
        ({}, ("production",), "bronze"),
        ({"backup-tier": "exempt"}, ("Production",), "exempt"),
        ({"backup-tier": "gold", "env": "prod"}, (), "gold"),
        ({"backup-tier": "gold"}, ("Production",), "silver"),
        ({"backup-tier": "gold"}, ("Production", "Ledger"), "gold"),
        ({"Backup-Tier": "exempt"}, (), "bronze"),
        ({"backup-tier": "Exempt"}, (), "bronze"),
    ],
)
def test_the_first_assignment_that_matches_wins(
    tags: dict[str, str], ou_path: tuple[str, ...], expected: str
) -> None:
    """All tags and one OU must match, case included; the default takes the rest."""
    assert tier_of(tags, ou_path, TIERS) == expected


@pytest.mark.parametrize(
    ("tags", "ou_path", "said"),
    [
        ({"backup-tier": "exempt"}, None, "tag backup-tier=exempt"),
        ({"backup-tier": "exempt"}, ("Production",), "tag backup-tier=exempt"),
        ({"backup-tier": "other"}, None, "every organizational unit that the account may be in leads to it"),
        ({"backup-tier": "other"}, ("Production",), "organizational unit Production"),
        ({"backup-tier": "other"}, (), "no assignment matches: the default tier"),
    ],
)
def test_why_a_tier_is_the_one(tags: dict[str, str], ou_path: tuple[str, ...] | None, said: str) -> None:
    """What decides is named; where the account is counts only where no tag has decided before."""
    assert why_tier(tags, ou_path, TIERS) == said
