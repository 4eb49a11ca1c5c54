"""How much of AWS Backup's quotas plans take."""

from typing import Any

from tests.unit.evaluate.conftest import World


def counts(world: World, number: int = 0) -> dict[str, tuple[int, int]]:
    """What one plan takes, and of how much, by what is counted."""
    found: list[dict[str, Any]] = world.facts("plan")[number]["plan"]["quotas"]
    return {one["what"]: (one["count"], one["limit"]) for one in found}


def test_each_quota_of_a_plan_is_counted_and_that_of_the_account_at_the_first(world: World) -> None:
    """Rules, copies, and what each selection has."""
    copy = {"DestinationBackupVaultArn": world.far_vault}
    world.plan({"CopyActions": [copy, copy]}, {"RuleName": "noon", "RuleId": "r2"})
    world.plan(plan_id="p2")
    arns = ["arn:aws:ec2:*:*:volume/*", "arn:aws:ec2:*:*:instance/*", world.volume]
    world.select("p2", Resources=arns)
    assert counts(world) == {
        "rules": (2, 10),
        "copy actions of rule nightly": (2, 5),
        "copy actions of rule noon": (0, 5),
        "selections": (1, 100),
        "selections by tags": (1, 10),
        "ARNs with wildcards of selection choice 1": (0, 30),
        "ARNs without wildcards of selection choice 1": (0, 500),
        "tags of selection choice 1": (1, 30),
        "conditions of selection choice 1": (0, 30),
        "plans of the account and Region": (2, 300),
        "vaults of the account and Region": (0, 300),
    }


def test_what_is_beyond_a_quota_shows_that_aws_has_raised_it(world: World) -> None:
    """It is left out, for nobody knows to what; what is at the quota is told."""
    world.plan(*({"RuleName": f"r{one}", "RuleId": f"r{one}"} for one in range(11)))
    assert "rules" not in counts(world)
    assert world.unknown("plan", "plan.quotas") == []


def test_exactly_the_quota_is_told(world: World) -> None:
    """Ten rules."""
    world.plan(*({"RuleName": f"r{one}", "RuleId": f"r{one}"} for one in range(10)))
    assert counts(world)["rules"] == (10, 10)


def test_what_is_hidden_could_only_be_more(world: World) -> None:
    """Selections that were not read leave the counts partial: they prove a finding and no pass."""
    world.plan()
    world.gap("backup_selections", operation="ListBackupSelections")
    assert world.unknown("plan", "plan.quotas") == [("ListBackupSelections", "AccessDeniedException", True)]
