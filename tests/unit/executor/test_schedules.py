"""Which of several rules backs up a resource (aws-backup.md 4.2)."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.derive.schedule import Schedule
from auditor.derive.selection import Matcher
from auditor.executor.engine.schedules import Assigned, DueRule, Schedules
from auditor.executor.scope import AccountRegion
from auditor.executor.times import MINUTE_MS, to_ms
from auditor.model.organization import Resource
from auditor.model.plans import Rule, Selection

SCOPE = AccountRegion("123456789012", "eu-west-1", "aws")
HOUR_MS = 60 * MINUTE_MS
DAY = to_ms(datetime(2026, 1, 5, tzinfo=UTC))
ARN = "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1"
RESOURCES = {ARN: Resource(ARN, "123456789012", "eu-west-1", "EBS")}
FOREVER = 1 << 60


def everything(created: int = 0) -> list[Assigned]:
    """A selection of "*" since `created`."""
    selection = Selection("s", "s", "p", "role", resources=("*",))
    return [Assigned(Matcher(selection, opted_in={"EBS": True}), "role", created, names_resources=False)]


def rule(number: int, hour: int, days: int | None, window: int = 60, **more: Any) -> DueRule:
    """A daily rule at `hour` that retains for `days`."""
    document = {
        "RuleName": f"rule-{number}",
        "RuleId": f"00000000-0000-4000-8000-{number:012d}",
        "TargetBackupVaultName": "vault",
        "ScheduleExpression": f"cron(0 {hour} * * ? *)",
        "StartWindowMinutes": window,
        "Lifecycle": {"DeleteAfterDays": -1 if days is None else days},
    }
    model = Rule.from_document(document)
    given: dict[str, Any] = {"valid_from": 0, "valid_until": FOREVER, "selections": everything()} | more
    return DueRule(SCOPE, {}, model, document, schedule=Schedule.parse(model.schedule), **given)


def runs(rules: list[DueRule]) -> list[bool]:
    """Whether each rule backs the resource up on that day."""
    schedules = Schedules(rules, RESOURCES)
    return [bool(schedules.backed_up(r, due)) for r in rules for due in r.due(DAY, DAY + 24 * HOUR_MS)]


def test_longest_retention_wins() -> None:
    """Of two that overlap the one with the longer retention runs; never ends is longest."""
    assert runs([rule(1, 1, 7), rule(2, 1, 8)]) == [False, True]
    assert runs([rule(1, 1, None), rule(2, 1, 36_500)]) == [True, False]


def test_equal_retention() -> None:
    """The earlier runs; at the same time, the one with the smaller id."""
    assert runs([rule(1, 2, 7, 120), rule(2, 1, 7, 120)]) == [False, True]
    assert runs([rule(2, 1, 7), rule(1, 1, 7)]) == [False, True]


def test_windows_that_touch_do_not_overlap() -> None:
    """A minute more and they do."""
    assert runs([rule(1, 1, 7, 60), rule(2, 2, 8)]) == [True, True]
    assert runs([rule(1, 1, 7, 61), rule(2, 2, 8)]) == [False, True]


def test_absorbed_rules_absorb_nothing() -> None:
    """The middle one does not run, so the first, which overlaps only that, does."""
    assert runs([rule(1, 1, 7, 90), rule(2, 2, 8, 90), rule(3, 3, 9, 60)]) == [True, False, True]


def test_rules_of_other_resources_absorb_nothing() -> None:
    """Rules compete for a resource, not for an hour."""
    elsewhere = Selection("s", "s", "p", "role", resources=(f"{ARN}0",))
    other = [Assigned(Matcher(elsewhere, opted_in={"EBS": True}), "role", 0, names_resources=True)]

    assert runs([rule(1, 1, 7), rule(2, 1, 8, selections=other)]) == [True, False]


def test_versions_and_selections_in_time() -> None:
    """A rule is due while its version is in force, and its selection counts from its creation."""
    one = DAY + HOUR_MS
    assert rule(1, 1, 7, valid_from=one).due(DAY, DAY + 24 * HOUR_MS) == [one]
    assert rule(1, 1, 7, valid_from=one + 1).due(DAY, DAY + 24 * HOUR_MS) == []
    assert rule(1, 1, 7, valid_until=one).due(DAY, DAY + 24 * HOUR_MS) == []
    assert runs([rule(1, 1, 7, selections=everything(one))]) == [True]
    assert runs([rule(1, 1, 7, selections=everything(one + 1))]) == [False]


RULES = st.lists(
    st.tuples(st.integers(0, 23), st.integers(1, 9), st.integers(60, 300)), min_size=1, max_size=5
)


@given(RULES)
def test_as_a_plain_reading_would_have_it(drawn: list[tuple[int, int, int]]) -> None:
    """Strongest first: each occurrence of three days runs unless it overlaps a stronger one that does."""
    rules = [rule(number, *given) for number, given in enumerate(drawn)]
    occurrences = [(r, due) for r in rules for due in r.due(DAY - 72 * HOUR_MS, DAY + 96 * HOUR_MS)]
    ranked = sorted(
        occurrences, key=lambda o: (-(o[0].rule.lifecycle.delete_after_days or 0), o[1], o[0].rule.rule_id)
    )
    running: list[tuple[DueRule, int]] = []
    for r, due in ranked:
        end = due + r.start_window_ms
        if not any(other is not r and at < end and due < at + other.start_window_ms for other, at in running):
            running.append((r, due))

    expected = [
        any(x is r and at == due for x, at in running)
        for r in rules
        for due in r.due(DAY, DAY + 24 * HOUR_MS)
    ]
    assert runs(rules) == expected
