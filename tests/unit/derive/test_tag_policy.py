"""The tag policies that the assignment of tiers asks for."""

from typing import Any

import pytest

from auditor.derive.tag_policy import alike, length, other_keys, tag_policies, tier_keys
from auditor.model.policy import TierAssignment, Tiers

NAMES: dict[str, dict[str, Any]] = {"gold": {}, "silver": {}, "exempt": {}}


def tiers(*entries: TierAssignment) -> Tiers:
    """Three tiers, assigned so."""
    return Tiers(NAMES, entries, "silver")


MIXED = tiers(
    TierAssignment("exempt", {"Backup-Tier": "exempt"}),
    TierAssignment("gold", {"Backup-Tier": "gold", "env": "prod"}),
    TierAssignment("gold", {"Backup-Tier": "gold"}, ("Ledger", "Payments")),
    TierAssignment("silver", {"Backup-Tier": "silver"}, ("Ledger",)),
    TierAssignment("silver", {"lab-tier": "silver"}, ("Lab",), ("111122223333",)),
    TierAssignment("silver", {"aws:cloudformation:stack-name": "shop"}),
    TierAssignment("silver", {}, ("Production",)),
)


def short(found: dict[str, Any]) -> dict[str, Any]:
    """By target and key, the capitals and the values."""
    return {
        target: {
            key: (one.get("tag_key", {}).get("@@assign"), one["tag_value"])
            for key, one in policy["tags"].items()
        }
        for target, policy in found.items()
    }


def test_a_key_whose_values_are_all_tiers_is_for_tiers_alone() -> None:
    """Others, which may have values of other uses, are told apart; AWS's own are neither."""
    assert (tier_keys(MIXED), other_keys(MIXED)) == (["Backup-Tier", "lab-tier"], ["env"])
    assert tier_keys(tiers(TierAssignment("gold", {"backup": "gold"}, ()))) == ["backup"]
    assert tier_keys(tiers(TierAssignment("gold", {"backup": "Gold"}, ()))) == []


def test_values_stand_where_they_count() -> None:
    """At the root those of every account; what a unit or an account has beyond is added there."""
    found = tag_policies(MIXED, ["Backup-Tier", "lab-tier"])

    assert short(found) == {
        "root": {"Backup-Tier": ("Backup-Tier", {"@@assign": ["exempt", "gold"]})},
        "Ledger": {"Backup-Tier": (None, {"@@append": ["silver"]})},
        "111122223333": {"lab-tier": ("lab-tier", {"@@assign": ["silver"]})},
    }


def test_a_unit_that_lies_in_another_takes_no_value_away() -> None:
    """What is assigned further down takes the place of what is above: each target has the values of all."""
    nested = tiers(
        TierAssignment("gold", {"backup": "gold"}, ("Production",)),
        TierAssignment("silver", {"backup": "silver"}, ("Payments",)),
        TierAssignment("exempt", {"backup": "exempt"}, (), ("111122223333",)),
    )
    every = ("backup", {"@@assign": ["gold", "silver", "exempt"]})

    targets = ("Production", "Payments", "111122223333")
    assert short(tag_policies(nested, ["backup"])) == {target: {"backup": every} for target in targets}


def test_keys_that_differ_in_capitals_alone_are_told() -> None:
    """One policy cannot hold both: AWS refuses a tag in other capitals than the policy's."""
    assert alike(["Tier", "env", "tier"]) == ["Tier", "tier"]
    assert alike(["tier", "tiers"]) == []


def test_a_key_that_was_named_has_the_values_of_the_assignment_alone() -> None:
    """Here one that stands beside the tier's own."""
    assert short(tag_policies(MIXED, ["env"])) == {"root": {"env": ("env", {"@@assign": ["prod"]})}}


@pytest.mark.parametrize(("enforced", "said"), [(True, True), (False, False)])
def test_what_aws_enforces_and_reports(enforced: bool, said: bool) -> None:  # noqa: FBT001 -- a parameter
    """Types by themselves where AWS has them, else with their service; reported is each in either case."""
    policy = tag_policies(MIXED, ["Backup-Tier"], enforced=enforced)["root"]["tags"]["Backup-Tier"]

    assert ("enforced_for" in policy) is said
    if said:
        assert policy["enforced_for"]["@@assign"] == [
            "dynamodb:table",
            "ec2:instance",
            "ec2:volume",
            "eks:ALL_SUPPORTED",
            "elasticfilesystem:ALL_SUPPORTED",
            "fsx:file-system",
            "rds:ALL_SUPPORTED",
            "redshift-serverless:ALL_SUPPORTED",
            "redshift:cluster",
            "s3:bucket",
        ]
    reported = policy["report_required_tag_for"]["@@assign"]
    assert reported[-4:] == ["rds:cluster", "rds:db", "redshift:cluster", "s3:bucket"]


def test_its_length_is_that_without_spaces() -> None:
    """As AWS Organizations counts it at least."""
    assert length({"tags": {"a": {}}}) == len('{"tags":{"a":{}}}')
