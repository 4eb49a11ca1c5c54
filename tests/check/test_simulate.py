"""`--simulate`: the backups that plans make and those that never come, as the executor's engine runs them."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from auditor.check import simulation
from auditor.check.simulated import Simulation
from auditor.check.simulation import EngineOutcome, PlannedResources, Simulator
from auditor.cli import extras
from auditor.cli.check_simulate import run as engine_run
from tests.check.conftest import Check, Said
from tests.check.recorded_run import declared
from tests.check.recorded_run import volume as real_volume
from tests.check.terraform import (
    ACCOUNT,
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
from tests.check.test_check_command import SCHEMA, written
from tests.loopback.auditing import Judgement

COPY = f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:dr"
OTHER = "arn:aws:backup:eu-central-1:444455556666:backup-vault:dr"
OUT_OF_RANGE = (
    "FAILED: Backup job failed. The retention specified in the job is not within the range specified for the "
    "target Backup Vault."
)


def gold(*rules: dict[str, Any], **lock: Any) -> Plan:
    """A volume that one plan with these rules protects, in a vault with such a lock."""
    plan = vault(Plan(), locked=bool(lock), **lock)
    backup_plan(plan, "gold", *rules)
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    return volume(plan, "data", backup_tier="gold")


def keeps(days: int, cold: int | None = None) -> list[dict[str, int | None]]:
    """A lifecycle."""
    return [{"delete_after": days, "cold_storage_after": cold}]


def copies_to(arn: str) -> list[dict[str, Any]]:
    """A copy action into a vault."""
    return [{"destination_vault_arn": arn, "lifecycle": keeps(5)}]


def said(found: Simulation | None) -> list[Any]:
    """Of each group its names, its gap, its rules as due, came, failed and absorbed, and its points."""
    assert found is not None
    return [
        (
            list(one.names),
            one.worst_gap_hours,
            [(each.rule, each.due, each.came, each.failed, each.absorbed) for each in one.rules],
            [(each.vault, each.region, each.cold, each.copied, each.count) for each in one.points],
        )
        for one in found.resources
    ]


def daily(name: str, hour: int = 5, **more: Any) -> dict[str, Any]:
    """A rule that is due once a day, in a vault without a lock, and keeps for ten days."""
    made = {"lifecycle": keeps(10), "start_window": 60, **more}
    return rule(rule_name=name, schedule=f"cron(0 {hour} ? * * *)", **made)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            gold(daily("a")),
            [(["aws_ebs_volume.data"], 24.0, [("a", 20, 20, 0, 0)], [("main", "", False, False, 10)])],
        ),
        (  # overlapping start windows: the one that keeps longest runs
            gold(daily("a", lifecycle=keeps(3)), daily("b", 5, start_window=120)),
            [
                (
                    ["aws_ebs_volume.data"],
                    24.0,
                    [("a", 20, 0, 0, 20), ("b", 20, 20, 0, 0)],
                    [("main", "", False, False, 10)],
                )
            ],
        ),
        (  # the lock of the vault refuses the retention of one
            gold(daily("a", 4), daily("b", 12, lifecycle=keeps(30)), min_retention_days=20),
            [
                (
                    ["aws_ebs_volume.data"],
                    24.0,
                    [("a", 20, 0, 20, 0), ("b", 20, 20, 0, 0)],
                    [("main", "", False, False, 20)],
                )
            ],
        ),
        (  # copies in another Region of the same account
            gold(daily("a", copy_action=copies_to(COPY))),
            [
                (
                    ["aws_ebs_volume.data"],
                    24.0,
                    [("a", 20, 20, 0, 0)],
                    [("dr", "eu-central-1", False, True, 5), ("main", "", False, False, 10)],
                )
            ],
        ),
    ],
    ids=["one", "overlap", "lock", "copy"],
)
def test_what_comes_of_each_rule(check: Check, made: Plan, expected: list[Any]) -> None:
    """Due, come, failed and absorbed; the longest time without a backup; and the points at the end."""
    found = check(made.first(), simulator=Simulator(20, engine_run)).simulation

    assert said(found) == expected


def test_what_is_left_out_or_never_comes_is_said(command: Said, tmp_path: Path) -> None:
    """What no plan selects first; a copy into another account is left out; why jobs fail is told."""
    made = gold(daily("a", copy_action=copies_to(OTHER)), min_retention_days=20)
    plan = written(tmp_path / "plan.json", volume(made, "other", backup_tier="Gold").first())
    call = ("check", plan, "--unit", "/", "--as-of", "2026-02-01T12:00:00Z", "--simulate", "3d")

    out = command(*call)[1]

    assert "\n\nsimulated 3 days from 2026-02-01T00:00:00Z, each backup begun when it is due" in out
    assert out.partition("\n\nsimulated ")[2].splitlines()[1:] == [
        "  no backup: 1 EBS in 111122223333 eu-west-1: aws_ebs_volume.data",
        f"      gold / a: 3 due, 0 come, 3 fail ({OUT_OF_RANGE})",
        "      at the end: no recovery point",
        "      copies into another account are not simulated",
        "  no backup: 1 EBS in 111122223333 eu-west-1: aws_ebs_volume.other",
        "      no plan selects them",
    ]
    markdown = command(*call, "--format", "markdown")[1]
    assert "**Simulated 3 days from 2026-02-01T00:00:00Z, " in markdown
    row = "| `1 EBS in 111122223333 eu-west-1: aws_ebs_volume.other` | no backup | `no plan selects them` | "
    assert row in markdown
    document = json.loads(command(*call, "--format", "json")[1])
    assert list(Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(document)) == []
    assert document["simulation"]["resources"][0]["rules"][0]["why"] == [OUT_OF_RANGE]


def test_nothing_new_is_still_simulated_in_a_comment(command: Said, tmp_path: Path) -> None:
    """A result without a finding has the table below its one line, and the same exit code."""
    plan = written(tmp_path / "plan.json", protected().first())

    code, out, _ = command("check", plan, "--unit", "/", "--simulate", "2", "--format", "markdown")

    assert code == 0
    assert out.startswith("**Backup check: nothing found** (")
    assert "| at most 6 h apart | `gold / main: 8 due, 8 come` | `8 recovery points in main` |" in out


def counting(calls: list[PlannedResources]) -> Simulator:
    """An engine that makes nothing and remembers what it was asked."""

    def run(planned: PlannedResources, start: datetime, end: datetime) -> EngineOutcome:
        del start, end
        calls.append(planned)
        return EngineOutcome({}, {}, {}, ())

    return Simulator(10, run)


def test_what_is_the_same_is_simulated_once(check: Check) -> None:
    """A thousand resources of one plan; another type is another simulation, and so is another plan."""
    calls: list[PlannedResources] = []
    made = gold()
    for number in range(1_000):
        volume(made, f"v{number}", backup_tier="gold")
    made.add(
        "aws_dynamodb_table.t", name="t", tags_all={"backup-tier": "gold"}, arn=Later("arn:aws:dynamodb:::t")
    )

    found = check(made.first(), simulator=counting(calls)).simulation

    assert found is not None
    assert sorted(len(one.names) for one in calls) == [1, 1_001]
    assert sorted(len(one.names) for one in found.resources) == [1, 1_001]


def faults(check: Check, *documents: Any, run: Any = engine_run, days: int = 10) -> Sequence[str]:
    """Why nothing is known of each group."""
    found = check(*documents, simulator=Simulator(days, run)).simulation
    assert found is not None
    return [one.fault for one in found.resources]


def test_what_is_not_known_is_no_backup_that_comes(check: Check) -> None:
    """No plan among the inputs, a selection or rules that are known later, and what AWS would refuse."""
    hidden = vault(Plan())
    backup_plan(hidden, "gold")
    selection(hidden, "gold", "gold", resources=Later([], ["var.arns"]))
    later = Plan().add(
        "aws_backup_plan.gold", name="gold", rule=Later([], ["var.rules"]), id=Later("id-of-gold")
    )
    selection(later, "gold", "gold", selection_tag=by_tag("gold"))

    assert faults(check, volume(Plan(), "data").first()) == ["what else may protect it is not known"]
    assert faults(check, volume(hidden, "data", a="b").first()) == ["whether gold selects it is not known"]
    [refused] = faults(check, gold(daily("a", lifecycle=keeps(20, 10))).first())
    assert refused.startswith("AWS Backup would refuse CreateBackupPlan: ")
    [unknown] = faults(check, volume(later, "data", backup_tier="gold").first())
    assert unknown.startswith("gold: ")
    [wrong] = faults(check, gold(daily("a", 99)).first())
    assert wrong
    unread = volume(gold(), "other", backup_tier="gold")
    unread.changes[-1]["change"]["after_unknown"] |= {"tags": {"backup-tier": True}, "tags_all": True}
    assert faults(check, unread.first()) == [
        "its tags, which decide what selects it, are not known",
        "",
    ]


def test_what_is_too_much_is_not_begun(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """All backups that are due together; what fits is simulated."""
    monkeypatch.setattr(simulation, "MOST_DUE", 60)
    calls: list[PlannedResources] = []

    assert faults(check, gold().first(), run=counting(calls).run) == [""]
    assert faults(check, gold().first(), run=counting(calls).run, days=11) == [simulation._TOO_MANY]
    assert len(calls) == 1


@pytest.mark.parametrize("days", ["0", "367", "x", "90h", "-1", "9.0", "", "٣"])
def test_a_number_of_days_is_needed(command: Said, tmp_path: Path, days: str) -> None:
    """Between one and 366."""
    plan = written(tmp_path / "plan.json", protected().first())

    code, out, err = command("check", plan, f"--simulate={days}")

    assert (code, out) == (2, "")
    assert "write a number of days up to 366, such as 90d" in err


def test_something_must_show_it(command: Said, tmp_path: Path) -> None:
    """A format that does not is taken beside one that does."""
    plan = written(tmp_path / "plan.json", protected().first())
    call = ("check", plan, "--unit", "/", "--simulate", "1")

    assert "sarif does not show a simulation" in command(*call, "--format", "sarif")[2]
    assert command(*call, "--output", f"sarif={tmp_path / 'a.sarif'}")[0] == 0


def test_without_the_executor_one_sentence_says_what_to_install(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check itself needs none of its libraries."""
    monkeypatch.setattr(extras, "EXECUTOR", ("auditor_has_no_such_module",))
    plan = written(tmp_path / "plan.json", protected().first())

    assert command("check", plan, "--unit", "/")[0] == 0
    assert command("check", plan, "--simulate", "1") == (
        1,
        "",
        "auditor: the executor is not installed; run: pip install 'backup-auditor[executor]'",
    )


def test_of_a_run_what_changes_is_simulated(command: Said, run: Judgement, tmp_path: Path) -> None:
    """The real resources, by what the changed plan makes of them; nothing where nothing changes."""
    changed = written(tmp_path / "plan.json", declared(schedule="cron(0 1 ? * MON *)"))
    same = written(tmp_path / "same.json", declared())
    call = ("check", "--against", run.run, "--simulate", "28", "--format", "json")

    found = json.loads(command(*call, changed)[1])["simulation"]

    assert found["start"] == "2026-03-01T00:00:00Z"
    assert [(sorted(one["names"]), one["worst_gap_hours"]) for one in found["resources"]] == [
        ([real_volume("four"), real_volume("three")], None),
        ([real_volume("one"), real_volume("two")], 168.0),
    ]
    assert [one["due"] for one in found["resources"][1]["rules"]] == [4]
    assert json.loads(command(*call, same)[1])["simulation"]["resources"] == []
