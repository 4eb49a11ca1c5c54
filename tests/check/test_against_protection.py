"""What plans promise each resource before and after a change: pace, retention, lock, copies."""

from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Said
from tests.check.recorded_run import against, plan_values, volume, world
from tests.check.terraform import Later, Plan
from tests.check.test_check_command import written
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import ACCOUNT, AWAY, HOME, copy_action, rule, vault_arn

Json = dict[str, Any]
COPY, NEAR = vault_arn("main", AWAY), vault_arn("near")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """The audit of an organization whose one plan copies for 14 days, as its tier demands."""
    made = world(rules=[rule(CopyActions=[copy_action(COPY)])])
    made.vault(region=AWAY)
    return audit(made, tmp_path_factory.mktemp("copied"), tier={"copy": {"retention_days": 14}})


def block(arn: str = COPY, days: int = 14) -> Json:
    """A copy action as Terraform's provider has it."""
    return {
        "destination_vault_arn": arn,
        "lifecycle": [{"delete_after": days, "cold_storage_after": None}],
    }


def changed(**changes: Any) -> Json:
    """A plan of Terraform that changes the recorded plan."""
    before, after = plan_values(copy_action=[block()]), plan_values(**{"copy_action": [block()], **changes})
    return Plan(region=HOME).add("aws_backup_plan.main", ("update",), before=before, **after).first()


def kept(days: int | None) -> list[Json]:
    """A lifecycle of a rule."""
    return [{"delete_after": days, "cold_storage_after": None}]


FAR = f"{ACCOUNT} {AWAY}"
REGION, ACCOUNT_COPY = "BKP-ISO-003", "BKP-ISO-004"


@pytest.mark.parametrize(
    ("changes", "code", "expected"),
    [
        ({"copy_action": []}, 3, ("worse", "copy", f"{FAR} 14 days", "none")),
        ({"copy_action": [block(days=13)]}, 3, ("worse", "copy", f"{FAR} 14 days", f"{FAR} 13 days")),
        ({"copy_action": [block(days=15)]}, 0, ("other", "copy", f"{FAR} 14 days", f"{FAR} 15 days")),
        (
            {"copy_action": [block(NEAR)]},
            3,
            ("worse", "copy", f"{FAR} 14 days", f"{ACCOUNT} {HOME} 14 days"),
        ),
        ({"lifecycle": kept(13)}, 0, ("worse", "retention", "14 days", "13 days")),
        ({"lifecycle": kept(None)}, 0, ("other", "retention", "14 days", "for ever")),
        ({"schedule": "cron(0 1,13 * * ? *)"}, 0, ("other", "rpo", "25 h", "13 h")),
        ({"start_window": 120}, 0, ("worse", "rpo", "25 h", "26 h")),
    ],
    ids=["dropped", "short", "long", "near", "retention less", "for ever", "oftener", "window"],
)
def test_each_resource_is_named_with_what_plans_promise_it(
    command: Said, copied: Judgement, tmp_path: Path, changes: Json, code: int, expected: tuple[str, ...]
) -> None:
    """What the tier demands and nobody promises any more is a finding besides; what is less is worse."""
    plan = written(tmp_path / "plan.json", changed(**changes))

    found_code, found = against(command, copied, plan)

    assert found_code == code
    assert {
        (one["way"], aspect["name"], aspect["before"], aspect["after"])
        for one in found["protection"]
        for aspect in one["aspects"]
    } == {expected}
    assert [one["subject"]["arn"] for one in found["protection"]] == [volume("one"), volume("two")]
    names = [(name, REGION) for name in ("vol-one", "vol-two")] if code == 3 else []
    assert lost(found) == names


@pytest.mark.parametrize("schedule", ["cron(0 1 * * ? *)", "cron(0 3 * * ? *)"])
def test_a_rule_that_never_runs_promises_no_copy(
    command: Said, copied: Judgement, tmp_path: Path, schedule: str
) -> None:
    """A new rule, which keeps longer, always runs in its place; at another time both run."""
    values = plan_values(copy_action=[block()])
    longer = plan_values(rule_name="longer", lifecycle=kept(15), schedule=schedule)["rule"]
    after = {**values, "rule": [*values["rule"], *longer]}
    made = Plan(region=HOME).add("aws_backup_plan.main", ("update",), before=values, **after)

    _, found = against(command, copied, written(tmp_path / "plan.json", made.first()))

    aspects = [aspect for one in found["protection"] for aspect in one["aspects"] if aspect["name"] == "copy"]
    gone = {"name": "copy", "before": f"{FAR} 14 days", "after": "none", "worse": True, "unknown": False}
    overlapped = schedule == "cron(0 1 * * ? *)"
    assert aspects == ([gone] * 2 if overlapped else [])
    assert lost(found) == ([(name, REGION) for name in ("vol-one", "vol-two")] if overlapped else [])


def test_a_lost_copy_fails_as_a_high_finding(command: Said, copied: Judgement, tmp_path: Path) -> None:
    """And is counted in the last line, beside what is less than it was."""
    plan = written(tmp_path / "plan.json", changed(copy_action=[]))

    low, out, _ = command("check", plan, "--against", copied.run, "--fail-on", "high")
    high = command("check", plan, "--against", copied.run, "--fail-on", "critical")[0]

    assert (low, high) == (3, 0)
    assert "compared: 2 lost, " in out.splitlines()[-1]
    assert out.splitlines()[-1].endswith("; less protection of 2 resources")
    assert (
        "no rule of its plans that runs copies it into another Region; tier daily demands a copy for 14 days"
        in out
    )


@pytest.mark.parametrize(
    ("least", "after", "unknown"), [(7, "governance", False), (Later(7), "unknown", True)]
)
def test_a_lock_is_promised_by_the_weakest_vault(
    command: Said, run: Judgement, tmp_path: Path, least: Any, after: str, *, unknown: bool
) -> None:
    """A governance lock that is put on the vault is more than none; one that is not known is not less."""
    values: Json = {"name": "main", "id": "main", "arn": vault_arn("main")}
    made = Plan(region=HOME).add("aws_backup_vault.main", ("no-op",), before=values, **values)
    made.add("aws_backup_vault_lock_configuration.main", backup_vault_name="main", min_retention_days=least)

    _, found = against(command, run, written(tmp_path / "plan.json", made.first()))

    aspects = [aspect for one in found["protection"] for aspect in one["aspects"]]
    expected = {"name": "lock", "before": "none", "after": after, "worse": False}
    assert aspects == [{**expected, "unknown": unknown}] * 2


def test_a_plan_that_perhaps_selects_is_not_none(command: Said, run: Judgement, tmp_path: Path) -> None:
    """Tags that are known only after the apply: what is promised is not known, and nothing is less."""
    held: Json = {"id": "vol-one", "arn": volume("one"), "tags": {"backup": "yes"}}
    before, after = {**held, "tags_all": held["tags"]}, {"tags": Later({}), "tags_all": Later({})}
    made = Plan(region=HOME).add("aws_ebs_volume.one", ("update",), before=before, **{**held, **after})
    plan = written(tmp_path / "plan.json", made.first())

    _, found = against(command, run, plan)
    last = command("check", plan, "--against", run.run)[1].splitlines()[-1]

    (one,) = found["protection"]
    aspects = {each["name"]: (each["before"], each["after"], each["unknown"]) for each in one["aspects"]}
    assert (one["way"], one["subject"]["arn"]) == ("unknown", volume("one"))
    assert aspects == {
        "plans": ("plan-1", "perhaps plan-1", True),
        "rpo": ("25 h", "unknown", True),
        "retention": ("14 days", "unknown", True),
    }
    assert last.endswith("; protection not known of 1 resource")


def lost(found: Json) -> list[tuple[str, str]]:
    """Who loses, and by which control."""
    return [
        (one["subject"]["arn"].rpartition("/")[2], one["control_id"])
        for one in found["changes"]
        if one["way"] == "loses"
    ]


@pytest.mark.parametrize(("days", "names"), [(14, ["vol-one", "vol-two"]), (None, [])])
def test_a_copy_that_is_newly_demanded_is_missing(
    command: Said, run: Judgement, tmp_path: Path, days: int | None, names: list[str]
) -> None:
    """A tier that is tightened: no plan changes, and none makes the copy."""
    demands: Json = {"required": True, "rpo_hours": 26, "retention_days": 7, "customer_key": False}
    copy = {"copy": {"retention_days": days}} if days else {}
    tiers = {"tiers": {"daily": {**demands, "lock": "none", **copy}}, "default": "daily", "assignment": []}

    code, found = against(command, run, "--tiers", written(tmp_path / "tiers.yaml", tiers))

    assert lost(found) == [(name, REGION) for name in names]
    assert code == (3 if names else 0)


def test_a_new_resource_without_the_copy_that_its_tier_demands(command: Said, tmp_path: Path) -> None:
    """The others had none before: that is no difference."""
    run = audit(world(), tmp_path, tier={"copy": {"retention_days": 14}})
    tags = {"backup": "yes"}
    made = Plan(region=HOME).add("aws_ebs_volume.new", tags=tags, tags_all=tags, id=Later("vol-new"))
    plan = written(tmp_path / "plan.json", made.first())

    _, found = against(command, run, plan, "--account", ACCOUNT, "--region", HOME)

    ((name, control),) = lost(found)
    assert "aws_ebs_volume.new" in name
    assert control == REGION


OTHER_ACCOUNT = "222233334444"
ELSEWHERE, ELSEWHERE_FAR = vault_arn("main", HOME, OTHER_ACCOUNT), vault_arn("main", AWAY, OTHER_ACCOUNT)


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """The audit of an organization whose one plan copies into another Region and another account."""
    made = world(rules=[rule(CopyActions=[copy_action(COPY), copy_action(ELSEWHERE)])])
    made.vault(region=AWAY)
    tier = {"copy": {"retention_days": 14}, "account_copy": {"retention_days": 10}}
    return audit(made, tmp_path_factory.mktemp("twice"), tier=tier)


@pytest.mark.parametrize(
    ("copies", "control"),
    [
        ([block(), block(ELSEWHERE)], None),
        ([block()], ACCOUNT_COPY),
        ([block(ELSEWHERE)], REGION),
        ([block(), block(ELSEWHERE, days=9)], ACCOUNT_COPY),
        ([block(), block(ELSEWHERE, days=10)], None),
        ([block(ELSEWHERE_FAR)], None),
        ([block(ELSEWHERE_FAR, days=13)], REGION),
    ],
    ids=[
        "both",
        "no-account",
        "no-region",
        "account-short",
        "account-enough",
        "one-for-both",
        "short-region",
    ],
)
def test_each_kind_of_copy_that_is_demanded_is_held_against_the_plans(
    command: Said, twice: Judgement, tmp_path: Path, copies: list[Json], control: str | None
) -> None:
    """One may be both; what is no longer made of a kind is lost whatever is made of the other."""
    both = [block(), block(ELSEWHERE)]
    before, after = plan_values(copy_action=both), plan_values(copy_action=copies)
    made = Plan(region=HOME).add("aws_backup_plan.main", ("update",), before=before, **after)

    code, found = against(command, twice, written(tmp_path / "plan.json", made.first()))

    assert lost(found) == ([(name, control) for name in ("vol-one", "vol-two")] if control else [])
    assert {one["way"] for one in found["protection"]} == (set() if copies == both else {"worse"})
    assert (code == 3) is bool(control)


def test_a_copy_in_another_account_that_is_newly_demanded_is_missing(
    command: Said, copied: Judgement, tmp_path: Path
) -> None:
    """Though the copy in another Region is made."""
    demands: Json = {"required": True, "rpo_hours": 26, "retention_days": 7, "customer_key": False}
    copies = {"copy": {"retention_days": 14}, "account_copy": {"retention_days": 30}}
    tiers = {"tiers": {"daily": {**demands, "lock": "none", **copies}}, "default": "daily", "assignment": []}

    code, found = against(command, copied, "--tiers", written(tmp_path / "tiers.yaml", tiers))

    assert lost(found) == [(name, ACCOUNT_COPY) for name in ("vol-one", "vol-two")]
    assert code == 3
