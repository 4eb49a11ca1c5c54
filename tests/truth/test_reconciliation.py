"""What was read beside what others count: both numbers, why they differ, and never a verdict."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import body, denied
from tests.loopback.standing import ACCOUNT, HOME, standing, vault_arn


def summed(judged: Judgement, what: str) -> dict[str, Any]:
    """The sums of one thing that is counted."""
    return next(dict(one) for one in judged.document["reconciliation"] if one["what"] == what)


def counts(judged: Judgement, what: str) -> tuple[Any, ...]:
    """Both numbers, and how many counts agree, differ and are not known."""
    one = summed(judged, what)
    agreeing = one["compared"] - one["differing"]
    return one["ours"], one["theirs"], agreeing, one["differing"], one["unknown"]


def counted(jobs: int) -> bytes:
    """An answer that tells one number of jobs, of one day."""
    return b'{"BackupJobSummaries": [{"StartTime": 1772150400, "Count": %d}]}' % jobs


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """An audit in which everything agrees: a volume with a tag, and a month of nights."""
    return audit(
        standing(keep=14, tags={"owner": "shop"}), tmp_path_factory.mktemp("whole"), formats=["csv", "json"]
    )


def test_everything_that_was_read_agrees_with_the_counts_of_others(whole: Judgement) -> None:
    """Accounts, the jobs of fourteen whole days, the points of the vault, the tagged volume."""
    assert counts(whole, "accounts") == (1, 1, 1, 0, 0)
    assert counts(whole, "backup jobs") == (14, 14, 2, 0, 0)
    assert counts(whole, "recovery points") == (14, 14, 1, 0, 0)
    assert counts(whole, "resources with tags") == (1, 1, 22, 0, 0)
    assert whole.exit_code == 0


def test_a_vault_that_counts_more_differs_without_a_reason(tmp_path: Path) -> None:
    """It is said on page one and changes no verdict."""
    world = standing(keep=14)
    as_read = audit(world, tmp_path)
    world.vault(NumberOfRecoveryPoints=20)

    judged = audit(world, tmp_path, formats=["html", "json"])

    assert (judged.exit_code, judged.verdicts) == (as_read.exit_code, as_read.verdicts)
    one = summed(judged, "recovery points")
    assert (one["ours"], one["theirs"], one["differing"], one["explained"]) == (14, 20, 1, 0)
    shown = one["shown"][0]
    assert (shown["account_id"], shown["region"], shown["about"]) == (ACCOUNT, HOME, vault_arn("main"))
    assert "no recorded reason" in shown["why"]
    assert "differs from AWS&#39;s own without a recorded reason" in (judged.run / "report.html").read_text()


@pytest.mark.long
def test_a_difference_that_a_gap_explains_names_the_gap(tmp_path: Path) -> None:
    """The points of the vault were refused; its own count is known."""
    judged = audit(standing(keep=14), tmp_path, faults=[denied("ListRecoveryPointsByBackupVault")])

    one = summed(judged, "recovery points")

    assert (one["ours"], one["theirs"], one["differing"], one["explained"]) == (0, 14, 1, 1)
    assert one["shown"][0]["gaps"] == [gap["gap_id"] for gap in judged.gaps]


@pytest.mark.parametrize(
    "fault",
    [
        denied("ListBackupJobSummaries"),
        body("ListBackupJobSummaries", b'{"BackupJobSummaries": 7}'),
        body("ListBackupJobSummaries", counted(-1)),
        body("ListBackupJobSummaries", counted(1 << 63)),
    ],
    ids=["refused", "unreadable", "below zero", "beyond every number"],
)
def test_a_count_that_is_not_told_is_not_zero(tmp_path: Path, whole: Judgement, fault: Any) -> None:
    """It is a note, with the call; verdicts, gaps and exit code stay."""
    judged = audit(standing(keep=14, tags={"owner": "shop"}), tmp_path, faults=[fault])

    assert counts(judged, "backup jobs") == (None, None, 0, 0, 2)
    assert "ListBackupJobSummaries" in summed(judged, "backup jobs")["notes"][0]
    assert (judged.exit_code, judged.verdicts, judged.gaps) == (whole.exit_code, whole.verdicts, whole.gaps)


def test_a_vault_that_tells_no_count_is_not_one_of_none(tmp_path: Path) -> None:
    """Nor is one whose number no file could hold a sum of."""
    world = standing(keep=14)
    world.vault(NumberOfRecoveryPoints=1 << 62)

    assert counts(audit(world, tmp_path), "recovery points") == (None, None, 0, 0, 1)


def test_a_day_that_was_not_audited_is_not_compared(tmp_path: Path) -> None:
    """Of a period of three days the whole days between its start and today count."""
    judged = audit(standing(keep=14), tmp_path, period_days=3)

    assert counts(judged, "backup jobs")[:2] == (3, 3)


def test_each_comparison_is_a_row_of_the_csv(whole: Judgement) -> None:
    """With both numbers and what came of it."""
    with (whole.run / "reconciliation.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row["state"] for row in rows] == ["AGREES"] * 26
    jobs = [
        (row["region"], row["about"], row["ours"], row["theirs"])
        for row in rows
        if row["what"] == "backup jobs"
    ]
    assert jobs == [
        ("eu-central-1", "2026-02-15 to 2026-02-28", "14", "14"),
        ("eu-west-1", "2026-02-15 to 2026-02-28", "0", "0"),
    ]
