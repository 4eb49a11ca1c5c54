"""`--simulate`: what is simulated once, what the ends of the period do, and what fits into it and a table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.check import simulation
from auditor.check.formats.simulated import details, simulation_table
from auditor.check.simulated import SimulatedResources, SimulatedRule, Simulation
from auditor.check.simulation import NO_RULE, EngineOutcome, PlannedResources, Simulator
from auditor.cli.check_simulate import run as engine_run
from auditor.model.plans import BackupPlan, CopyAction, Lifecycle, Rule
from auditor.model.vaults import VaultLock
from tests.check.conftest import Check
from tests.check.terraform import Later, Plan, backup_plan, by_tag, rule, selection, vault, volume

START = datetime(2026, 1, 1, tzinfo=UTC)
KEEPS = Lifecycle(delete_after_days=35)
HERE, THERE = "111122223333", "444455556666"
LOCK = VaultLock(locked=True, min_retention_days=99)


def arn(account: str, region: str = "eu-west-1", name: str = "dr") -> str:
    """A vault."""
    return f"arn:aws:backup:{region}:{account}:backup-vault:{name}"


def due(schedule: str = "cron(0 1 * * ? *)", name: str = "n", copies: Sequence[str] = ()) -> Rule:
    """A rule into `main`, with copies into such vaults."""
    made = tuple(CopyAction(one, KEEPS) for one in copies)
    return Rule("id", name, "main", schedule, "UTC", 60, 180, KEEPS, continuous=False, copy_actions=made)


def planned(*rules: Rule, account: str = HERE, name: str = "p") -> PlannedResources:
    """A volume that one plan of these rules selects."""
    plan = BackupPlan(f"id-{account}", "arn", name, account, "eu-west-1", "v", rules)
    return PlannedResources(account, "eu-west-1", "aws", "EBS", ["r"], [plan], {})


def simulated(one: PlannedResources, days: int = 10) -> SimulatedResources:
    """What the engine makes of it from `START` on."""
    return simulation._Once(engine_run, START, START + timedelta(days=days), simulation.MOST_DUE).of(one)


def test_two_accounts_are_the_same_where_only_their_numbers_differ() -> None:
    """Locks of other vaults say nothing; the lock of a copy's or a second vault, a name, a fault do."""
    one, other = (planned(due(copies=[arn(account)]), account=account) for account in (HERE, THERE))
    gapped = [
        planned(replace(due(), air_gapped_vault_arn=arn(account, name="gap")), account=account)
        for account in (HERE, THERE)
    ]

    assert one.sort == other.sort == replace(other, locks={"elsewhere": LOCK}).sort
    assert gapped[0].sort == gapped[1].sort
    different = [
        one,
        replace(other, locks={"dr": LOCK}),
        replace(other, locks={"main": LOCK}),
        planned(due(copies=[arn(THERE)]), account=THERE, name="other"),
        planned(due(copies=[arn(HERE)]), account=THERE),
        planned(due(copies=[arn(THERE, "eu-west-2")]), account=THERE),
        replace(other, plans=[replace(other.plans[0], fault="x")]),
        gapped[0],
        replace(gapped[1], locks={"gap": LOCK}),
    ]
    assert len({each.sort for each in different}) == len(different)


def test_a_lock_of_the_copies_vault_is_that_of_the_account() -> None:
    """The second of two accounts has one that refuses the copies, and only its copies fail."""
    once = simulation._Once(engine_run, START, START + timedelta(days=3), simulation.MOST_DUE)
    found = [
        once.of(replace(planned(due(copies=[arn(account)]), account=account), locks=locks))
        for account, locks in ((HERE, {}), (THERE, {"dr": LOCK}))
    ]

    assert [(one.rules[0].came, one.rules[0].copies_failed) for one in found] == [(3, 0), (3, 3)]


@pytest.mark.parametrize(
    ("schedule", "count"),
    [
        ("cron(0 0 * * ? *)", 10),
        ("cron(1 0 * * ? *)", 10),
        ("cron(58 23 * * ? *)", 10),
        ("cron(59 23 * * ? *)", 10),
        ("cron(59 * * * ? *)", 240),
    ],
)
def test_what_is_due_at_the_ends_of_the_period_comes(schedule: str, count: int) -> None:
    """In its first minute and its last one, once each: not the minute before, and also what is under way."""
    [one] = simulated(planned(due(schedule, copies=[arn(HERE)]))).rules

    assert one == SimulatedRule("p", "n", count, count, 0, 0, ())


def test_plans_without_rules_are_left_out(check: Check) -> None:
    """Beside one with rules nothing is refused; alone no backup comes, and it is said why."""
    made = vault(Plan())
    made.add("aws_backup_plan.empty", name="empty", rule=[], id=Later("id-of-empty"))
    selection(made, "empty", "empty", selection_tag=by_tag("gold"))
    volume(made, "data", backup_tier="gold")
    alone = check(made.first(), simulator=Simulator(10, engine_run)).simulation
    backup_plan(made, "full", rule(rule_name="a", schedule="cron(0 1 * * ? *)"))
    selection(made, "full", "full", selection_tag=by_tag("gold"))
    both = check(made.first(), simulator=Simulator(10, engine_run)).simulation

    assert alone is not None
    assert both is not None
    assert [(*details(one),) for one in alone.resources] == [(NO_RULE,)]
    assert [(one.fault, [each.due for each in one.rules]) for one in both.resources] == [("", [10])]


def test_what_is_too_big_leaves_room_for_the_others() -> None:
    """What fits is simulated, up to the last backup that is left; what does not uses up nothing."""

    def run(*given: Any) -> EngineOutcome:
        del given
        return EngineOutcome({}, {}, {}, ())

    once = simulation._Once(run, START, START + timedelta(days=10), 60)
    ordered = [planned(due("cron(0 * * * ? *)")), planned(due()), planned(due("cron(0 2 * * ? *)"))]

    assert [once.of(one).fault for one in ordered] == [simulation._TOO_MANY, "", ""]
    assert once.of(planned(due("cron(0 3 1 1 ? *)"))).fault == simulation._TOO_MANY


def resources(name: str, gap: float | None = None, **more: Any) -> SimulatedResources:
    """A group of one resource."""
    return SimulatedResources([name], HERE, "eu-west-1", "EBS", worst_gap_hours=gap, **more)


def test_the_worst_is_what_has_no_backup_then_what_is_not_known() -> None:
    """Then the longest gap, and the name where that is the same."""
    none, unknown = [resources("b"), resources("c")], resources("a", fault="why")
    days = [resources("a", gap) for gap in (48.0, 24.0)]

    assert sorted([*days[::-1], unknown, *none[::-1]], key=lambda one: one.worst_first) == [
        *none, unknown, *days
    ]  # fmt: skip


@pytest.mark.parametrize(("rules", "more"), [(5, ""), (6, "<br>and 1 more; json has all of them")])
def test_a_row_has_its_notes_and_says_how_many_rules_it_leaves_out(rules: int, more: str) -> None:
    """The notes first; six lines in all."""
    given = [SimulatedRule("p", f"r{number}", 1, 1, 0, 0, ()) for number in range(rules)]
    group = resources("v", 24.0, rules=given, notes=["left out"])

    row = simulation_table(Simulation("2026-01-01T00:00:00Z", 1, [group]))[4]

    assert row == (
        "| `1 EBS in 111122223333 eu-west-1: v` | at most 24 h apart | `left out`<br>"
        + "<br>".join(f"`p / r{number}: 1 due, 1 come`" for number in range(5))
        + f"{more} | `no recovery point` |"
    )
