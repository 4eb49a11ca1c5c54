"""What stays where something like it is deleted: it counts in the same place, where all of it is known."""

from typing import Any

import pytest

from auditor.check.declared import Assumed, Source
from auditor.check.terraform import changes as module
from auditor.check.terraform.reader import read_plan
from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import ACCOUNT, Json, Later, Plan, by_tag, protected

STAYS = "BKP-GOV-001"
LOCK, SELECTION = "aws_backup_vault_lock_configuration", "aws_backup_selection"
DELETE = ["delete"]
RANGE: Json = {"backup_vault_name": "main", "min_retention_days": 7, "changeable_for_days": 3}
SELECTED: Json = {"name": "old", "plan_id": "id-of-old", "selection_tag": by_tag("old")}


def arn(region: str, account: str = ACCOUNT) -> str:
    """The ARN of the vault `main`."""
    return f"arn:aws:backup:{region}:{account}:backup-vault:main"


def deleted(document: Json, check: Check, verdict: str = "NON_COMPLIANT") -> set[str]:
    """The addresses of what is deleted, with nothing that does the same."""
    found = said_of(check(document))
    return {address for control, address, said, _ in found if (control, said) == (STAYS, verdict)}


def open_(document: Json, check: Check) -> set[str]:
    """The addresses of what is deleted and may be kept by something else."""
    return deleted(document, check, "INSUFFICIENT_DATA")


def moved(kind: str, old: Json, new: Json) -> Json:
    """One is deleted, and another one stays."""
    plan = protected().add(f"{kind}.old", DELETE, before=old)
    return plan.add(f"{kind}.new", ["no-op"], before=new, **new).first()


@pytest.mark.parametrize(("kind", "values"), [(LOCK, RANGE), (SELECTION, SELECTED)])
def test_what_stays_in_another_region_keeps_nothing(check: Check, kind: str, values: Json) -> None:
    """The lock of `main` in eu-west-1, while one of the same words stays in us-east-1 or here."""
    here, there = {**values, "region": "eu-west-1"}, {**values, "region": "us-east-1"}

    assert deleted(moved(kind, here, there), check) == {f"{kind}.old"}
    assert deleted(moved(kind, here, here), check) == set()


def test_what_is_deleted_lies_where_its_arn_says(check: Check) -> None:
    """Its configuration, and the provider with it, may be gone from the plan."""
    for region, account, said in (
        ("eu-west-1", ACCOUNT, set()),
        ("us-east-1", ACCOUNT, {f"{LOCK}.old"}),
        ("eu-west-1", "444455556666", {f"{LOCK}.old"}),
    ):
        old = {**RANGE, "backup_vault_arn": arn(region, account)}
        document = moved(LOCK, old, {**RANGE, "backup_vault_arn": arn("eu-west-1")})
        assert deleted(document, check) == said


def test_a_selection_lies_where_its_plan_does(check: Check) -> None:
    """Which the ARN of a deleted plan says."""
    for region, said in (
        ("eu-west-1", set()),
        ("us-east-1", {f"{SELECTION}.old", "aws_backup_plan.old"}),
    ):
        old = {**SELECTED, "selection_tag": by_tag("gold")}
        plan = protected().add(f"{SELECTION}.old", DELETE, before=old)
        before = {"id": "id-of-old", "arn": f"arn:aws:backup:{region}:{ACCOUNT}:backup-plan:id-of-old"}
        plan.add("aws_backup_plan.old", DELETE, before=before)
        assert deleted(plan.first(), check) == said


def test_a_policy_on_a_role_has_no_region(check: Check) -> None:
    """IAM has one place an account."""
    kind = "aws_iam_role_policy_attachment"
    name = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
    here = {"role": "backup", "policy_arn": name, "region": "eu-west-1"}

    assert deleted(moved(kind, here, {**here, "region": "us-east-1"}), check) == set()
    assert deleted(moved(kind, here, {**here, "role": "other"}), check) == {f"{kind}.old"}


@pytest.mark.parametrize("unknown", ["max_retention_days", "backup_vault_name"])
def test_what_is_not_known_may_be_equal(check: Check, unknown: str) -> None:
    """A lock whose days or vault the plan does not know yet, unless what is known of it is another thing."""
    for value, more, lost, left_open in (
        (RANGE.get(unknown), {}, set(), set()),
        (Later(None, ["local.x"]), {}, set(), {f"{LOCK}.old"}),
        (Later(None, ["local.x"]), {"min_retention_days": 8}, {f"{LOCK}.old"}, set()),
    ):
        new: dict[str, Any] = {**RANGE, unknown: value, **more}
        document = protected().add(f"{LOCK}.old", DELETE, before=RANGE).add(f"{LOCK}.new", **new).first()
        assert (deleted(document, check), open_(document, check)) == (lost, left_open)


def test_what_is_known_to_be_equal_counts_before_what_may_be(check: Check) -> None:
    """Of a plan with two selections, of which one may be kept, it is not known."""
    plan = protected().add(f"{SELECTION}.old", DELETE, before=SELECTED)
    plan.add("aws_backup_plan.old", DELETE, before={"id": "id-of-old"})
    plan.add(f"{SELECTION}.hidden", **{**SELECTED, "selection_tag": Later([], ["local.x"])})
    assert open_(plan.first(), check) == {f"{SELECTION}.old", "aws_backup_plan.old"}
    assert f"whether {SELECTION}.hidden does the same is known only" in messages(check(plan.first()))

    plan.add(f"{SELECTION}.new", **SELECTED)
    assert (deleted(plan.first(), check), open_(plan.first(), check)) == (set(), set())

    plan.add(f"{SELECTION}.other", DELETE, before={**SELECTED, "selection_tag": by_tag("other")})
    assert open_(plan.first(), check) == {f"{SELECTION}.other", "aws_backup_plan.old"}


def test_a_policy_of_backups_stays_attached(check: Check) -> None:
    """Its type stands at the policy; where that is not in the plan it is not known."""
    attached = "aws_organizations_policy_attachment"
    for policy, kind, lost, left_open in (
        ("p-1", "BACKUP_POLICY", {f"{attached}.old"}, set()),
        ("p-1", "SERVICE_CONTROL_POLICY", set(), set()),
        ("p-2", "BACKUP_POLICY", set(), {f"{attached}.old"}),
        ("p-FullAWSAccess", "BACKUP_POLICY", set(), set()),
    ):
        before: Json = {"id": "p-1", "name": "daily", "type": kind}
        plan = protected().add("aws_organizations_policy.daily", ["no-op"], before=before, **before)
        old: Json = {"policy_id": policy, "target_id": "ou-1"}
        plan.add(f"{attached}.old", DELETE, before=old)
        assert deleted(plan.first(), check) == lost
        assert open_(plan.first(), check) == left_open

        plan.add(f"{attached}.new", ["no-op"], before=old, **old)
        assert deleted(plan.first(), check) == open_(plan.first(), check) == set()


def test_what_the_provider_computes_is_empty(check: Check) -> None:
    """`condition` and `not_resources`, where the configuration has none of them, and only there."""
    cases: list[tuple[list[str], set[str]]] = [([], set()), (["local.x"], {f"{SELECTION}.old"})]
    for references, said in cases:
        new: Json = {
            **SELECTED,
            "plan_id": Later("id-of-gold", ["aws_backup_plan.gold.id"]),
            "not_resources": Later([], references),
            "condition": Later([]),
        }
        plan = protected().add(
            f"{SELECTION}.old", DELETE, before={**SELECTED, "selection_tag": by_tag("new")}
        )
        plan.add(f"{SELECTION}.new", **{**new, "selection_tag": by_tag("new")})
        assert open_(plan.first(), check) == said
        assert deleted(plan.first(), check) == set()


def test_no_days_are_zero_days(check: Check) -> None:
    """As the provider writes down what exists."""
    for days, said in ((0, set()), (90, {f"{LOCK}.old"})):
        document = moved(LOCK, {**RANGE, "max_retention_days": days}, {**RANGE, "max_retention_days": None})
        assert deleted(document, check) == said


def test_an_empty_condition_is_none(check: Check) -> None:
    """As the provider writes down what exists; one with a tag is another one."""
    empty: Json = {"string_equals": [], "string_like": [], "string_not_equals": []}
    tag = {"key": "aws:ResourceTag/env", "value": "prod"}
    for condition, said in ((empty, set()), ({**empty, "string_equals": [tag]}, {f"{SELECTION}.old"})):
        old = {**SELECTED, "resources": [], "not_resources": [], "condition": [condition]}
        plan = protected().add(f"{SELECTION}.old", DELETE, before=old)
        plan.add(f"{SELECTION}.new", **SELECTED, condition=Later([]), not_resources=Later([]))
        assert deleted(plan.first(), check) == said


@pytest.mark.parametrize("kind", ["aws_iam_role", "aws_iam_role_policy_attachment"])
def test_lists_where_texts_belong_are_no_crash(check: Check, kind: str) -> None:
    """Nor are objects."""
    wrong: Any
    for wrong in ([], {}, [["x"]]):
        before = {"arn": wrong, "role": wrong, "policy_arn": wrong, "plan_id": wrong}
        assert deleted(protected().add(f"{kind}.old", DELETE, before=before).first(), check) == set()


def test_the_work_grows_with_the_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many deleted locks and plans beside twice as many that stay: twice the comparisons."""
    count = [0]
    plain = module._plain

    def counted(value: Any) -> Any:
        count[0] += 1
        return plain(value)

    monkeypatch.setattr(module, "_plain", counted)

    def cost(size: int) -> int:
        plan = Plan()
        for number in range(size):
            plan.add(f"{LOCK}.old[{number}]", DELETE, before={**RANGE, "min_retention_days": number + 8})
            plan.add(f"{LOCK}.new[{number}]", ["no-op"], before=RANGE, **RANGE)
            plan.add(f"aws_backup_plan.old[{number}]", DELETE, before={"id": "id-of-old"})
            old = {**SELECTED, "selection_tag": by_tag(str(number))}
            plan.add(f"{SELECTION}.old[{number}]", DELETE, before=old)
            plan.add(f"{SELECTION}.new[{number}]", ["no-op"], before=SELECTED, **SELECTED)
        count[0] = 0
        assert len(read_plan(plan.first(), Source("plan.json", b""), Assumed()).changes) == 3 * size
        return count[0]

    assert cost(40) == 2 * cost(20)


@pytest.mark.parametrize(
    ("kind", "actions", "said"),
    [
        ("aws_backup_vault", DELETE, {"aws_backup_vault.old (deposed object 1f)"}),
        ("aws_backup_vault", ["forget"], set()),
        ("aws_backup_plan", DELETE, set()),
    ],
)
def test_a_deposed_vault_has_recovery_points(
    check: Check, kind: str, actions: list[str], said: set[str]
) -> None:
    """Another one was made in its place earlier; what a deposed plan did is done by the new one."""
    before = {"name": "old", "id": "old"}
    document = protected().add(f"{kind}.old", actions, before=before).first()
    document["resource_changes"][-1]["deposed"] = "1f"

    assert deleted(document, check) == said
