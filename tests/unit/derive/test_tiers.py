"""Which tier a resource belongs to, and why."""

import pytest

from auditor.derive.tiers import TierBasis, possible_tiers, tier_steps, why_tier
from auditor.model.policy import TierAssignment, Tiers

SHOP, STORE = "111122223333", "444455556666"
TIERS = Tiers(
    tiers={"gold": {}, "silver": {}, "bronze": {}, "exempt": {}},
    assignment=(
        TierAssignment("exempt", {"backup-tier": "exempt"}),
        TierAssignment("gold", {"backup-tier": "gold", "env": "prod"}),
        TierAssignment("gold", {"backup-tier": "gold"}, ("Payments", "Ledger")),
        TierAssignment("silver", {}, ("Production",)),
        TierAssignment("exempt", {}, (), (SHOP,), ("CloudFormation", "EKS")),
        TierAssignment("silver", {"aws:cloudformation:stack-name": "shop"}),
    ),
    default="bronze",
)


def held(tags: dict[str, str] | None = None, path: tuple[str, ...] | None = (), **more: object) -> TierBasis:
    """A volume with those tags, all that it has, in an account of that path."""
    fields = {"account_id": STORE, "resource_type": "EBS", **more}
    return TierBasis(tuple((tags or {}).items()), ou_path=path, **fields)  # type: ignore[arg-type]  # of a dictionary


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (held(), "bronze"),
        (held({}, ("Workloads", "Production")), "silver"),
        (held({}, ("production",)), "bronze"),
        (held({"backup-tier": "exempt"}, ("Production",)), "exempt"),
        (held({"backup-tier": "gold", "env": "prod"}), "gold"),
        (held({"backup-tier": "gold"}, ("Production",)), "silver"),
        (held({"backup-tier": "gold"}, ("Production", "Ledger")), "gold"),
        (held({"Backup-Tier": "exempt"}), "bronze"),
        (held({"backup-tier": "Exempt"}), "bronze"),
        (held(account_id=SHOP), "bronze"),
        (held(account_id=SHOP, resource_type="EKS"), "exempt"),
        (held(resource_type="EKS"), "bronze"),
        (held({}, ("Production",), account_id=SHOP, resource_type="EKS"), "silver"),
        (held({"aws:cloudformation:stack-name": "shop"}), "silver"),
    ],
)
def test_the_first_assignment_that_matches_wins(known: TierBasis, expected: str) -> None:
    """All that an entry asks for must hold, case included; the default takes the rest."""
    assert possible_tiers(known, TIERS) == {expected}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (held({"backup-tier": "exempt"}, None), {"exempt"}),
        (held({"backup-tier": "gold"}, None), {"gold", "silver", "bronze"}),
        (held({}, ("Production",), account_id=None), {"silver"}),
        (held({}, (), account_id=None), {"bronze"}),
        (held({}, (), account_id=None, resource_type="EKS"), {"exempt", "bronze"}),
        (held({}, (), all_tags=False), {"exempt", "gold", "silver", "bronze"}),
        (held({"backup-tier": "exempt"}, (), all_tags=False), {"exempt"}),
    ],
)
def test_what_is_not_known_leaves_the_tiers_open_that_it_could_lead_to(
    known: TierBasis, expected: set[str]
) -> None:
    """A tag that was not read, a unit or an account: only an entry that surely matches closes them."""
    assert possible_tiers(known, TIERS) == expected


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (held({"backup-tier": "exempt"}, None), "tag backup-tier=exempt"),
        (held({"backup-tier": "exempt"}, ("Production",)), "tag backup-tier=exempt"),
        (
            held({"backup-tier": "exempt"}, (), all_tags=False),
            "tag backup-tier=exempt, as plans demand that backed it up",
        ),
        (held({"backup-tier": "other"}, ("Production",)), "organizational unit Production"),
        (
            held({}, (), account_id=SHOP, resource_type="EKS"),
            f"account {SHOP}, resource type CloudFormation or EKS",
        ),
        (held({"backup-tier": "other"}), "no assignment matches: the default tier"),
    ],
)
def test_why_a_tier_is_the_one(known: TierBasis, said: str) -> None:
    """What decides is named; where the account is counts only where no tag has decided before."""
    assert why_tier(known, TIERS) == said


def test_an_entry_that_may_match_is_named_where_it_leads_to_the_same_tier() -> None:
    """One tier is possible, though it is not known which entry gives it."""
    tiers = Tiers({"bronze": {}}, (TierAssignment("bronze", {}, ("Production",)),), "bronze")
    assert possible_tiers(held({}, None), tiers) == {"bronze"}
    assert why_tier(held({}, None), tiers) == "every assignment that may match leads to it"


def test_each_entry_before_the_one_that_decides_says_why_it_does_not_match() -> None:
    """In order, up to the first that matches: what fails, or what is not known."""
    known = held({"backup-tier": "gold"}, None, account_id=SHOP, resource_type="EKS")
    assert [(step.number, step.matches, step.why) for step in tier_steps(known, TIERS)] == [
        (1, False, "tag backup-tier is gold, not exempt"),
        (2, False, "there is no tag env"),
        (3, None, "organizational unit Payments or Ledger is not known"),
        (4, None, "organizational unit Production is not known"),
        (5, True, f"account {SHOP}, resource type CloudFormation or EKS"),
    ]
    known = held({}, ("Shop",), all_tags=False)
    assert [(step.number, step.matches, step.why) for step in tier_steps(known, TIERS)] == [
        (1, None, "tag backup-tier=exempt is not known"),
        (2, None, "tag backup-tier=gold is not known, tag env=prod is not known"),
        (3, False, "the organizational unit is Shop, not Payments or Ledger"),
        (4, False, "the organizational unit is Shop, not Production"),
        (
            5,
            False,
            f"the account is {STORE}, not {SHOP}, the resource type is EBS, not CloudFormation or EKS",
        ),
        (6, None, "tag aws:cloudformation:stack-name=shop is not known"),
    ]


def test_an_entry_that_asks_for_nothing_takes_everything() -> None:
    """It says so."""
    tiers = Tiers({"gold": {}}, (TierAssignment("gold", {}),), "gold")
    assert why_tier(held(), tiers) == "it takes every resource"
