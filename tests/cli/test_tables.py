"""The printed tables."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from rich.console import Console

from auditor.cli.console import show
from auditor.cli.listing import causes, gaps, verdicts
from reports.document import AuditDocument, ControlEntry, GapEntry, Run, Summary

RUN = Run(
    id="r",
    auditor_version="0",
    as_of="2026-02-09T00:00:00Z",
    period_start="2026-01-10T00:00:00Z",
    period_end="2026-02-09T00:00:00Z",
    partition="aws",
    accounts=(),
    regions=(),
    engine="embedded",
    evidence_sha256="",
    policies_sha256="",
    calls=0,
)
SUMMARY = Summary(
    overall="NON_COMPLIANT",
    headline="non_compliant",
    exit_code=3,
    fail_on="low",
    verdicts={"NON_COMPLIANT": 1, "COMPLIANT": 41, "NOT_APPLICABLE": 2},
    by_control={"BKP-COV-001": {"NON_COMPLIANT": 1, "COMPLIANT": 41}, "BKP-ISO-001": {"NOT_APPLICABLE": 2}},
    by_account=MappingProxyType({}),
    by_severity=MappingProxyType({}),
    findings=1,
    gaps=0,
    accounts=3,
    accounts_with_findings=1,
    accounts_unread=0,
    resources=MappingProxyType({}),
    resources_required=42,
    resources_with_findings=1,
    resources_exempt=8,
    resources_unknown=0,
    resources_by_verdict={"NON_COMPLIANT": 1, "COMPLIANT": 41},
    resources_by_account=MappingProxyType({}),
    deleted_resources=0,
    deleted_resources_with_findings=0,
    recovery_points=0,
    recovery_points_with_findings=0,
    recovery_points_by_verdict=MappingProxyType({}),
    jobs=0,
)


def control(control_id: str) -> ControlEntry:
    """A control with a title that needs no wrapping."""
    return ControlEntry(control_id, "Asks [bold]something[/]", "", "high", "resource", (), (), "")


def gap(number: int) -> GapEntry:
    """A call that failed; its error comes from AWS."""
    where = (f"{number:012d}", "eu-west-1")
    return GapEntry(str(number), *where, "backup", "ListBackupJobs", "Denied\x1b[2J", "", ("backup_jobs",))


def document(*gap_entries: GapEntry) -> AuditDocument:
    """A document of two controls."""
    summary = replace(SUMMARY, gaps=len(gap_entries))
    return AuditDocument(RUN, summary, (control("BKP-COV-001"), control("BKP-ISO-001")), (), (), gap_entries)


def text_of(*things: object) -> str:
    """The things as plain text, wide enough for one line each."""
    console = Console(width=200, markup=False)
    with console.capture() as capture:
        for thing in things:
            console.print(thing)
    return capture.get()


def test_verdicts_are_counted_by_control_in_words() -> None:
    """Each control's six counts; then page one's sentences, resources first, and the whole in one."""
    lines = text_of(*verdicts(document(), 100)).splitlines()

    rows = [line.split("  ") for line in lines if "BKP" in line]
    asks = "Asks [bold]something[/]"
    assert [[part.strip() for part in row if part.strip()] for row in rows] == [
        ["BKP-COV-001", asks, "0", "1", "0", "0", "41", "0"],
        ["BKP-ISO-001", asks, "0", "0", "0", "0", "0", "2"],
    ]
    assert lines[-5:-1] == [
        "Not compliant: 1 of 42 resources that need backup has findings.",
        "8 of 50 resources are exempt from backup (16 %).",
        "1 of 3 accounts has findings.",
        "1 of 44 verdicts is non-compliant.",
    ]
    assert lines[-1] == (
        "Overall: NON_COMPLIANT (1 non compliant, 41 compliant, 2 not applicable; no gaps in the evidence)"
    )


def test_a_narrow_terminal_keeps_the_counts() -> None:
    """Below 100 columns the titles are left out."""
    assert "Asks" in text_of(*verdicts(document(), 100))
    assert "Asks" not in text_of(*verdicts(document(), 99))


@pytest.mark.parametrize("width", [60, 79, 80, 99, 100])
def test_every_count_is_seen_at_any_width(width: int) -> None:
    """Six counts a control at each side of each boundary, with short headings below 80 columns."""
    table, *_ = verdicts(document(), width)
    console = Console(width=width, markup=False)
    with console.capture() as capture:
        console.print(table)
    rows = [line.split()[-6:] for line in capture.get().splitlines() if "BKP" in line]

    assert rows == [["0", "1", "0", "0", "41", "0"], ["0", "0", "0", "0", "0", "2"]]
    assert ("compliant" in capture.get()) == (width >= 80)


def test_gaps_are_named_and_the_rest_is_counted() -> None:
    """Fifteen are shown, a sixteenth is counted; without gaps there is no table."""
    fifteen = text_of(*gaps(document(*map(gap, range(15)))))
    sixteen = text_of(*gaps(document(*map(gap, range(16)))))

    assert gaps(document()) == []
    assert text_of(*verdicts(document(gap(1)), 100)).endswith("1 gap in the evidence)\n")
    assert text_of(*verdicts(document(gap(1), gap(2)), 100)).endswith("2 gaps in the evidence)\n")
    assert "000000000014" in fifteen
    assert "more" not in fifteen
    assert sixteen.splitlines()[-1] == "and 1 more: see gaps.parquet"


def test_what_aws_says_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """An error's code with an escape sequence is shown as text, in a table and on a line."""
    show(*gaps(document(gap(1))), "a\x1b[2J")

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "Denied\\x1b[2J" in out
    assert out.endswith("a\\x1b[2J\n")


def cause(number: int) -> dict[str, object]:
    """A cause of three findings in one account; names come from AWS."""
    return {
        "id": f"cause-{number:012x}", "control_id": "BKP-COV-001", "code": "not_selected",
        "severity": "high", "verdict": "NON_COMPLIANT", "verdicts": {"NON_COMPLIANT": 3}, "findings": 3,
        "kinds": {"EBS": 3},
        "cause": {"kind": "plan", "name": f"plan {number}\x1b[2J", "plan": "", "why": "", "detail": ""},
        "accounts": 1, "regions": 1, "largest": [{"account_id": "111122223333", "findings": 3}],
        "owners": 0, "by_owner": [], "owners_counted": True, "first_seen": "2026-02-07T00:00:00Z",
        "example": {"account_id": "111122223333", "region": "", "arn": f"arn:{number}"},
    }  # fmt: skip


def with_causes(count: int) -> AuditDocument:
    """A document of so many causes."""
    earlier = {"run_id": "", "as_of": "", "notes": []}
    shown = [cause(number) for number in range(count)]
    return replace(document(), causes={"rows": count, "shown": shown, "earlier": earlier})


@pytest.mark.parametrize(("count", "rest"), [(10, ""), (11, "and 1 more: see causes.parquet\n")])
def test_the_worst_causes_are_named_and_the_rest_is_counted(count: int, rest: str) -> None:
    """What is wrong, where, how many, since when, and the command that shows one."""
    printed = text_of(*causes(with_causes(count), "runs/latest"))

    problem = "3 EBS volumes in 111122223333 do not meet BKP-COV-001, because of plan plan 0\\u001B[2J."
    assert problem in printed
    assert "high BKP-COV-001, since 2026-02-07, 2 days: 111122223333 3" in printed
    assert printed.count("auditor explain finding-") == 10
    assert printed.count(" --run runs/latest") == 10
    assert printed.rpartition("--run runs/latest")[2].lstrip() == rest


def test_without_causes_nothing_is_listed() -> None:
    """A clean run, and a document of an older release."""
    assert causes(with_causes(0), "runs/latest") == causes(document(), "runs/latest") == []


@pytest.mark.parametrize("width", [80, 100, 160])
def test_causes_fit_the_terminal(width: int) -> None:
    """No line is longer, and no command is broken."""
    (table,) = causes(with_causes(2), "runs/latest")
    console = Console(width=width, markup=False)
    with console.capture() as capture:
        console.print(table)

    assert max(map(len, capture.get().splitlines())) <= width
    assert capture.get().count(" --run runs/latest") == 2
