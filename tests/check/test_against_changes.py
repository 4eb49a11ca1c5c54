"""What each kind of change makes of a run: deleted, replaced, new, tagged anew, locked, or unknown."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Said
from tests.check.recorded_run import (
    COVER,
    KEPT,
    PACE,
    against,
    declared,
    plan_values,
    selection_values,
    volume,
    world,
)
from tests.check.terraform import Later, Plan
from tests.check.test_check_command import written
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, HOME, World, plan_arn, rule, vault_arn

Json = dict[str, Any]
PLAN, SELECTION = "aws_backup_plan.main", "aws_backup_selection.main"
SETTINGS, OPTED = "aws_backup_region_settings.here", "resource_type_opt_in_preference"
LOCKED, LOCK = "BKP-IMM-002", "aws_backup_vault_lock_configuration"
HERE = ("--account", ACCOUNT, "--region", HOME)


def said(found: Json) -> list[tuple[str, str, str]]:
    """What becomes of which verdict, by the end of the ARN."""
    return [
        (one["way"], one["control_id"], one["subject"]["arn"].rpartition(":")[2]) for one in found["changes"]
    ]


def tagged(name: str, before: Json | None, after: Json | Later, actions: tuple[str, ...]) -> Plan:
    """A plan of Terraform that gives other tags to a volume."""
    own: Json = {"id": f"vol-{name}", "arn": volume(name)}
    made = {"id": Later("vol-new"), "arn": Later(volume("new"))} if before is None else own
    held = None if before is None else {**own, "tags": before, "tags_all": before}
    return Plan(region=HOME).add(
        f"aws_ebs_volume.{name}", actions, before=held, tags=after, tags_all=after, **made
    )


BOTH_LOSE = [("loses", COVER, "volume/vol-one"), ("loses", COVER, "volume/vol-two")]
UNASKED = [("unasked", PACE, "plan-1"), ("unasked", KEPT, "plan-1")]
OPEN = [
    ("unknown", COVER, "volume/vol-one"),
    ("unknown", "BKP-IMM-003", "main"),
    ("unknown", PACE, "plan-1"),
    ("unknown", KEPT, "plan-1"),
]
YES: Json = {"backup": "yes"}


def without(*addresses: str) -> Json:
    """A plan of Terraform that deletes these."""
    values = {PLAN: plan_values(), SELECTION: {**selection_values("backup"), "id": "selection-1"}}
    made = Plan(region=HOME)
    for address, before in values.items():
        actions = ("delete",) if address in addresses else ("no-op",)
        made.add(address, actions, before=before, **before)
    return made.first()


def replaced_plan() -> Json:
    """A plan that gets another id, and its selection with it; the same in everything else."""
    made = Plan(region=HOME)
    later: Json = {"id": Later("plan-2"), "arn": Later(plan_arn("plan-2"))}
    made.add(PLAN, ("create", "delete"), before=plan_values(), **{**plan_values(), **later})
    before = {**selection_values("backup"), "id": "selection-1"}
    plan_id = Later("plan-2", [f"{PLAN}.id"])
    values = {**selection_values("backup"), "plan_id": plan_id}
    made.add(SELECTION, ("create", "delete"), before=before, **values)
    return made.first()


def locked(**lock: Any) -> Json:
    """A lock on the vault that is there."""
    made = Plan(region=HOME)
    values: Json = {"name": "main", "id": "main", "arn": vault_arn("main")}
    made.add("aws_backup_vault.main", ("no-op",), before=values, **values)
    made.add(f"{LOCK}.main", backup_vault_name="main", **lock)
    return made.first()


def opted_out() -> Json:
    """A Region that takes no volumes any more."""
    name = "resource_type_opt_in_preference"
    values: Json = {"id": HOME, name: {"EBS": True}}
    made = Plan(region=HOME)
    made.add(
        "aws_backup_region_settings.here", ("update",), before=values, **{**values, name: {"EBS": False}}
    )
    return made.first()


@pytest.mark.parametrize(
    ("document", "code", "expected"),
    [
        (without(SELECTION), 3, [*BOTH_LOSE, *UNASKED]),
        (without(PLAN, SELECTION), 3, [*BOTH_LOSE, *UNASKED]),
        (replaced_plan(), 0, []),
        (opted_out(), 3, [*BOTH_LOSE, *UNASKED]),
        (tagged("one", YES, {}, ("update",)).first(), 3, [("loses", COVER, "volume/vol-one")]),
        (tagged("four", {}, YES, ("update",)).first(), 0, [("gains", COVER, "volume/vol-four")]),
        (tagged("one", YES, YES, ("delete",)).first(), 0, [("unasked", COVER, "volume/vol-one")]),
        (tagged("one", YES, Later({}), ("update",)).first(), 0, OPEN),
        (locked(min_retention_days=7), 0, [("asked", LOCKED, "plan-1")]),
        (locked(min_retention_days=15), 3, [("loses", LOCKED, "plan-1")]),
        (locked(min_retention_days=Later(7)), 0, [("unknown", LOCKED, "plan-1")]),
    ],
    ids=[
        *("selection deleted", "plan deleted", "plan replaced", "opted out", "tag lost", "tag given"),
        *("volume deleted", "tags unknown", "lock met", "lock missed", "lock unknown"),
    ],
)
def test_what_a_change_of_terraform_makes_of_a_run(
    command: Said, run: Judgement, tmp_path: Path, document: Json, code: int, expected: Any
) -> None:
    """By the ids that the state knows; what is known only after the apply becomes unknown, and no pass."""
    plan = written(tmp_path / "plan.json", document)

    _, found = against(command, run, plan, *HERE)

    assert (said(found), found["unmapped"]) == (expected, [])
    assert found["summary"]["loses"] == (2 if expected[:2] == BOTH_LOSE else int(code == 3))


def test_a_new_resource_loses_or_is_newly_met(command: Said, run: Judgement, tmp_path: Path) -> None:
    """The recorded selections are asked about it: no plan needs to be among the inputs."""
    bare = written(tmp_path / "bare.json", tagged("new", None, {}, ("create",)).first())
    good = written(tmp_path / "good.json", tagged("new", None, YES, ("create",)).first())

    (lost,) = against(command, run, bare, *HERE)[1]["changes"]
    code, found = against(command, run, good, *HERE)

    assert (lost["way"], lost["before"], lost["after"]) == ("loses", None, "NON_COMPLIANT")
    assert [one["way"] for one in found["changes"]] == ["asked"]
    assert code == 0


def test_what_the_inputs_alone_leave_unknown_is_told_by_the_run(
    command: Said, run: Judgement, tmp_path: Path
) -> None:
    """Without the run no plan is among the inputs; with it the summary knows the verdict."""
    plan = written(tmp_path / "plan.json", tagged("new", None, YES, ("create",)).first())

    alone = command("check", plan, "--format", "json", *HERE)[1]
    held = command("check", plan, "--format", "json", *HERE, "--against", run.run)[1]

    told = [json.loads(text)["summary"] for text in (alone, held)]
    assert [(one["compliant"], one["unknown"]) for one in told] == [(0, 1), (1, 0)]


@pytest.mark.parametrize(("opted_in", "counts"), [(True, (1, 0)), (False, (0, 1))])
def test_the_run_tells_nothing_that_rests_on_what_is_another_there(
    command: Said, run: Judgement, tmp_path: Path, *, opted_in: bool, counts: tuple[int, int]
) -> None:
    """The Region takes volumes in the evidence, and not by the input, which does not change that."""
    made = tagged("new", None, YES, ("create",))
    held: Json = {"id": HOME, OPTED: {"EBS": opted_in}}
    made.add(SETTINGS, ("no-op",), before=held, **held)
    plan = written(tmp_path / "plan.json", made.first())

    out = command("check", plan, "--format", "json", *HERE, "--against", run.run)[1]

    summary = json.loads(out)["summary"]
    assert (summary["compliant"], summary["unknown"]) == counts


@pytest.mark.parametrize(
    ("zone", "expected"), [(f"{HOME}a", ("unknown", "INSUFFICIENT_DATA")), (None, ("loses", "NON_COMPLIANT"))]
)
def test_a_new_file_system_of_one_zone_is_as_unknown_as_without_the_run(
    command: Said, run: Judgement, tmp_path: Path, zone: str | None, expected: tuple[str, str]
) -> None:
    """EFS may back it up by a plan of its own, which is in no input and not in the evidence yet."""
    made: Json = {
        "id": Later("fs-1"),
        "arn": Later(f"arn:aws:elasticfilesystem:{HOME}:{ACCOUNT}:file-system/fs-1"),
    }
    change = Plan(region=HOME)
    change.add("aws_efs_file_system.one", tags={}, tags_all={}, **{**made, "availability_zone_name": zone})
    plan = written(tmp_path / "plan.json", change.first())

    (found,) = against(command, run, plan, *HERE)[1]["changes"]
    summary = json.loads(command("check", plan, "--format", "json", *HERE, "--against", run.run)[1])[
        "summary"
    ]

    assert (found["way"], found["after"]) == expected
    assert (summary["unknown"], summary["findings"]) == ((1, 0) if zone else (0, 1))


def test_a_plan_that_is_not_whole_is_told_nothing_by_the_run(
    command: Said, run: Judgement, tmp_path: Path
) -> None:
    """What is missing from it may be what matters."""
    document = tagged("new", None, YES, ("create",)).first() | {"complete": False}
    plan = written(tmp_path / "plan.json", document)

    code, out, _ = command("check", plan, "--format", "json", "--against", run.run)

    summary = json.loads(out)["summary"]
    assert (code, summary["compliant"], summary["unknown"]) == (4, 0, 2)


TEMPLATE = """\
Resources:
  Plan:
    Type: AWS::Backup::BackupPlan
    Properties:
      BackupPlan:
        BackupPlanName: {name}
        BackupPlanRule:
          - {{RuleName: nightly, TargetBackupVault: main, ScheduleExpression: "cron(0 1 ? * MON *)",
              StartWindowMinutes: 60, CompletionWindowMinutes: 120, Lifecycle: {{DeleteAfterDays: 14}}}}
  Selection:
    Type: AWS::Backup::BackupSelection
    Properties:
      BackupPlanId: !Ref Plan
      BackupSelection:
        SelectionName: selection-1
        IamRoleArn: arn:aws:iam::111122223333:role/backup
        ListOfTags: [{{ConditionType: STRINGEQUALS, ConditionKey: backup, ConditionValue: "yes"}}]
  Data:
    Type: AWS::EC2::Volume
"""


def test_a_template_is_found_by_name_in_its_account_and_region(
    command: Said, run: Judgement, tmp_path: Path
) -> None:
    """The plan that has its name, which the output says; a volume without a name is held against nothing."""
    file = written(tmp_path / "stack.yaml", TEMPLATE.format(name="plan-1"))

    code, found = against(command, run, file, *HERE)

    assert (code, said(found)) == (3, [("loses", PACE, "plan-1")])
    assert found["matched"] == [
        f"{file}: Plan is taken to be the recorded plan plan-1, by its name",
        f"{file}: Selection is taken to be the recorded selection selection-1, by its name",
    ]
    why = "which resource of the evidence it is cannot be known, so it is held against nothing"
    assert found["unmapped"] == [f"{file}: Data: {why}"]


def test_a_plan_of_no_recorded_name_is_a_further_one(command: Said, run: Judgement, tmp_path: Path) -> None:
    """The recorded plan stays, and the pace of both together is met."""
    file = written(tmp_path / "stack.yaml", TEMPLATE.format(name="plan-2"))

    _, found = against(command, run, file, *HERE)

    assert found["matched"][0] == f"{file}: Plan is taken to be a new plan"
    assert [one["way"] for one in found["changes"]] == ["asked", "asked"]


def test_a_name_that_several_plans_have_is_none(command: Said, tmp_path: Path) -> None:
    """Which of them is meant cannot be known: nothing is applied, and that is no pass."""
    twice = world(key="none")
    twice.plan([{"RuleName": "r", "TargetBackupVaultName": "main"}], "plan-2")
    twice.at().plans[-1]["Versions"][0]["BackupPlan"]["BackupPlanName"] = "plan-1"
    run = audit(twice, tmp_path)
    rules = [{"RuleName": "r", "TargetBackupVaultName": "main", "Lifecycle": {"DeleteAfterDays": 1}}]
    file = written(tmp_path / "plan.json", {"BackupPlanName": "plan-1", "Rules": rules})

    code, found = against(command, run, file, *HERE)

    why = "the evidence has several plans of its name, so it is not known which one it is"
    assert (found["unmapped"], found["changes"]) == ([f"{file}: BackupPlan plan-1: {why}"], [])
    assert code == 4


def test_what_the_run_could_not_read_stays_unknown(command: Said, tmp_path: Path) -> None:
    """Nobody passes because the evidence has a gap; with --fail-on-unknown that is exit code 4."""
    run = audit(world(), tmp_path, faults=[denied("ListBackupSelections")])
    plan = written(tmp_path / "plan.json", tagged("four", {}, YES, ("update",)).first())

    code, found = against(command, run, plan, "--fail-on-unknown")
    last = command("check", plan, "--against", run.run)[1].splitlines()[-1]

    assert (code, said(found), found["still_unknown"]) == (4, [], 7)
    assert last.endswith("; 7 stay unknown, as the run could not read something there")


def test_a_waiver_accepts_what_is_lost(command: Said, run: Judgement, tmp_path: Path) -> None:
    """The finding is there, and fails nothing."""
    subject = {"control_id": COVER, "subject": volume("one"), "reason": "moved", "approved_by": "ops"}
    waivers = written(tmp_path / "waivers.yaml", {"waivers": [{**subject, "expires": "2026-03-31"}]})
    plan = written(tmp_path / "plan.json", tagged("one", YES, {}, ("update",)).first())
    told = ("--waivers", waivers, "--as-of", "2026-03-01T00:00:00Z")

    code, found = against(command, run, plan, *told)

    assert (code, said(found)) == (0, [("waived", COVER, "volume/vol-one")])


def test_drift_is_no_change_of_the_input(command: Said, run: Judgement, tmp_path: Path) -> None:
    """A volume that has other tags in the evidence, and does not change, is said where anything else does."""
    document = declared("Backup")
    document["resource_changes"] += tagged("four", YES, YES, ("no-op",)).first()["resource_changes"]
    plan = written(tmp_path / "plan.json", document)

    _, found = against(command, run, plan)

    why = "it is another in the evidence, which is older or newer than the input"
    assert found["unmapped"] == [f"{plan}: aws_ebs_volume.four: {why}"]
    assert ("loses", COVER, "volume/vol-four") not in said(found)


@pytest.mark.parametrize(
    ("address", "values", "other"),
    [
        (SELECTION, {**selection_values("Backup"), "id": "selection-1"}, True),
        (SELECTION, {**selection_values("backup"), "id": "selection-1"}, False),
        (SETTINGS, {"id": HOME, OPTED: {"EBS": False}}, True),
        (SETTINGS, {"id": HOME, OPTED: {"EBS": True, "Future": False}}, False),
    ],
    ids=["other selection", "same selection", "other opt-in", "same opt-in"],
)
def test_drift_of_what_decides_on_volumes_is_said(
    command: Said, run: Judgement, tmp_path: Path, address: str, values: Json, *, other: bool
) -> None:
    """A selection or an opt-in that does not change is compared; of a type not recorded nothing is said."""
    made = Plan(region=HOME).add(address, ("no-op",), before=values, **values)
    after = plan_values(lifecycle=[{"delete_after": 15, "cold_storage_after": None}])
    plan = written(tmp_path / "plan.json", made.add(PLAN, ("update",), before=plan_values(), **after).first())

    _, found = against(command, run, plan, *HERE)

    why = "it is another in the evidence, which is older or newer than the input"
    assert (found["unmapped"], found["changes"]) == ([f"{plan}: {address}: {why}"] * other, [])


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([volume("one")], ["volume/(known after apply: aws_ebs_volume.one)"]),
        ([f"arn:aws:ec2:{HOME}:*:volume/*"], []),
    ],
    ids=["by its own ARN", "by a pattern"],
)
def test_a_replaced_volume_is_the_one_that_it_takes_the_place_of(
    command: Said, tmp_path: Path, resources: list[str], expected: Any
) -> None:
    """AWS gives it another id: a selection that names the old one selects it no more, and a pattern does."""
    made = World()
    made.volume("vol-one")
    made.vault()
    made.plan([rule()])
    made.selection(Resources=resources)
    run = audit(made, tmp_path)
    before = {"id": "vol-one", "arn": volume("one"), "tags": {}, "tags_all": {}}
    after: Json = {"tags": {}, "tags_all": {}, "id": Later("vol-new"), "arn": Later(volume("new"))}
    document = (
        Plan(region=HOME).add("aws_ebs_volume.one", ("delete", "create"), before=before, **after).first()
    )

    _, found = against(command, run, written(tmp_path / "plan.json", document), *HERE)

    changes = [one for one in found["changes"] if one["way"] == "loses"]
    assert [one["subject"]["arn"].split(":", 5)[5] for one in changes] == expected
    assert ({one["before"] for one in changes} <= {"COMPLIANT"}, found["unmapped"]) == (True, [])
