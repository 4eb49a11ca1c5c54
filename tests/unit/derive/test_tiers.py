"""Which tier a resource belongs to."""

import pytest

from auditor.derive.tiers import tier_of
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
