"""What a plan says only in part: a lock on some vault, changes that are missing, types that are not read."""

import pytest

from auditor.model.errors import ExitCode
from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import (
    ACCOUNT,
    Json,
    Later,
    Plan,
    backup_plan,
    by_tag,
    protected,
    rule,
    selection,
    vault,
    volume,
)

COVERED, STAYS, COLD = "BKP-COV-001", "BKP-GOV-001", "BKP-RET-004"
DECLARED, INSIDE = "BKP-IMM-003", "BKP-IMM-002"
LOCK = "aws_backup_vault_lock_configuration"


@pytest.mark.parametrize(
    ("region", "references", "verdict"),
    [
        ("eu-west-1", ["var.name"], "INSUFFICIENT_DATA"),
        ("eu-west-1", ["aws_backup_vault.main.name"], ""),
        ("us-east-1", ["var.name"], "NON_COMPLIANT"),
    ],
)
def test_a_lock_on_a_vault_that_is_not_known_may_be_on_any_in_its_place(
    check: Check, region: str, references: list[str], verdict: str
) -> None:
    """A vault without a lock of its own; no vault of another Region, and not one that is named."""
    plan = backup_plan(vault(Plan(), locked=False), "gold")
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    volume(plan, "data", backup_tier="gold")
    name = Later("main", references)
    plan.add(f"{LOCK}.one", backup_vault_name=name, changeable_for_days=3, region=region)

    result = check(plan.first())

    assert {found for _, _, found, _ in said_of(result)} == {verdict} - {""}
    hidden = f"the vault of {LOCK}.one is known only after the apply (var.name)"
    assert (hidden in messages(result)) == (verdict == "INSUFFICIENT_DATA")


def test_a_lock_of_its_own_is_known(check: Check) -> None:
    """Whatever vault another lock is on."""
    plan = selection(backup_plan(vault(Plan()), "gold"), "gold", "gold", selection_tag=by_tag("gold"))
    volume(plan, "data", backup_tier="gold")
    plan.add(f"{LOCK}.one", backup_vault_name=Later("other", ["var.name"]), changeable_for_days=3)

    assert said_of(check(plan.first())) == set()


def without_changes(plan: Plan) -> Json:
    """The plan with `planned_values` alone; the volume lies in a module of a module."""
    document = plan.second()
    changes = document.pop("resource_changes")
    planned = [{**one, "change": None, "values": one["change"]["after"]} for one in changes]
    inner = {"address": "module.a.module.b", "resources": planned[-1:]}
    outer = {"address": "module.a", "child_modules": [inner]}
    return {
        **document,
        "planned_values": {"root_module": {"resources": planned[:-1], "child_modules": [outer]}},
    }


def test_a_plan_without_changes_is_not_whole(check: Check) -> None:
    """What it says will be there is counted; what is deleted, and what is not known, cannot be seen."""
    result = check(without_changes(protected()))

    assert {verdict for _, _, verdict, _ in said_of(result)} == {"INSUFFICIENT_DATA"}
    assert (result.resources, result.exit_code) == (1, ExitCode.INCOMPLETE)
    assert "the plan has no resource_changes" in result.incomplete[0].why

    nothing = check({"format_version": "1.2", "planned_values": {"root_module": {}}})
    assert (nothing.resources, nothing.incomplete, nothing.exit_code) == (0, [], ExitCode.INCOMPLETE)


@pytest.mark.parametrize(
    ("more", "verdict"), [({}, "NON_COMPLIANT"), ({"errored": True}, "INSUFFICIENT_DATA")]
)
def test_what_is_missing_from_a_plan_may_be_a_lock_or_take_the_place_of_what_goes(
    check: Check, more: Json, verdict: str
) -> None:
    """A lifecycle that AWS refuses, and a vault that goes, are findings all the same."""
    cold = rule(lifecycle=[{"delete_after": 60, "cold_storage_after": 30}])
    plan = backup_plan(vault(Plan(), locked=False), "gold", cold)
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    volume(plan, "data", backup_tier="gold")
    plan.add("aws_backup_vault.old", ["delete"], before={"name": "old"})
    plan.add(f"{LOCK}.old", ["delete"], before={"backup_vault_name": "old"})
    plan.more = more

    said = {entry[:3] for entry in said_of(check(plan.first()))}

    assert {(STAYS, f"{LOCK}.old", verdict), (STAYS, "aws_backup_vault.old", "NON_COMPLIANT")} <= said
    assert (COLD, "aws_backup_plan.gold", "NON_COMPLIANT") in said
    assert ((DECLARED, "aws_backup_vault.main", "NON_COMPLIANT") in said) == (not more)
    assert ((INSIDE, "aws_backup_plan.gold", "INSUFFICIENT_DATA") in said) == bool(more)


@pytest.mark.parametrize(
    ("kind", "said"),
    [("awscc_backup_backup_selection", "INSUFFICIENT_DATA"), ("awscc_s3_bucket", "NON_COMPLIANT")],
)
def test_types_of_the_other_provider_are_counted(check: Check, kind: str, said: str) -> None:
    """None of them is read; a selection among them may select what nothing else does."""
    document = volume(protected(), "other", backup_tier="silver").first()
    provider = "registry.terraform.io/hashicorp/awscc"
    change: Json = {"actions": ["create"], "before": None, "after": {}}
    document["resource_changes"] += [
        {"address": f"{kind}.x", "type": kind, "name": "x", "provider_name": provider, "change": change}
    ]

    result = check(document)

    assert result.not_looked_at == {kind: 1}
    covered = {(address, verdict) for control, address, verdict, _ in said_of(result) if control == COVERED}
    assert covered == {("aws_ebs_volume.other", said)}


@pytest.mark.parametrize(
    "provider", ["registry.example.com/me/aws-fork", "registry.example.com/me/other", ""]
)
def test_a_fork_of_the_provider_hides_nothing(check: Check, provider: str) -> None:
    """Its types are called as those of AWS's provider, and judged; what is of neither is not."""
    document = volume(protected(), "other", backup_tier="silver").first()
    for one in document["resource_changes"]:
        one["provider_name"] = provider
    change: Json = {"actions": ["create"], "before": None, "after": {}}
    foreign = {"address": "null_resource.x", "type": "null_resource", "name": "x", "provider_name": provider}
    document["resource_changes"].append({**foreign, "change": change})

    result = check(document)

    covered = {(address, verdict) for control, address, verdict, _ in said_of(result) if control == COVERED}
    assert (covered, result.not_looked_at) == ({("aws_ebs_volume.other", "NON_COMPLIANT")}, {})


@pytest.mark.parametrize("actions", [["delete"], ["forget"]])
def test_what_the_configuration_no_longer_has_lies_where_its_arn_says(
    check: Check, actions: list[str]
) -> None:
    """It is of a provider that the plan does not name, and says nothing of where the others are."""
    arn = "arn:aws:backup:us-east-1:444455556666:backup-vault:main"
    gone = {"name": "main", "arn": arn, "backup_vault_arn": arn, "backup_vault_name": "main"}
    plan = Plan()
    for kind in ("aws_backup_vault", LOCK):
        plan.add(f"{kind}.gone", actions, before=gone)
    plan.module("")["resources"].clear()
    selection(backup_plan(vault(plan), "gold"), "gold", "gold", selection_tag=by_tag("gold"))
    volume(volume(plan, "data", backup_tier="gold"), "other", backup_tier="silver")

    plan.changes[-1]["change"]["after_unknown"] = {}
    plan.changes[-1]["change"]["after"]["arn"] = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-1"

    found = {(entry.control_id, entry.account_id, entry.region) for entry in check(plan.first()).entries}

    gone_from = {(STAYS, "444455556666", "us-east-1")} if actions == ["delete"] else set()
    assert found == {(COVERED, ACCOUNT, "eu-west-1"), *gone_from}
