"""How often what fails is asked again, in a whole audit; the waits themselves are left out."""

from collections import Counter
from pathlib import Path

import pytest

from tests.loopback import faults
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import HOME, standing


def asked(judged: Judgement, region: str = HOME) -> Counter[str]:
    """How often each operation was sent to a Region."""
    return Counter(call.operation for call in judged.calls if call.region == region)


@pytest.mark.long
@pytest.mark.parametrize(
    "fault",
    [
        faults.throttled("ListBackupJobs", region=HOME, times=8),
        faults.broken("ListBackupJobs", region=HOME, times=8),
        faults.reset("ListBackupJobs", region=HOME, first=2, times=8),
    ],
)
def test_what_answers_in_the_end_is_no_gap(tmp_path: Path, fault: faults.Fault) -> None:
    """Eight times in a row a listing is throttled, or the service has an error, or breaks the connection."""
    world = standing(35)
    world.page_size = 10
    judged = audit(world, tmp_path, faults=[fault])
    assert (judged.exit_code, judged.gaps) == (0, [])


def test_what_is_throttled_for_good_is_a_gap(tmp_path: Path) -> None:
    """Asked for two minutes' worth of waits, and then once for each call."""
    judged = audit(standing(35), tmp_path, faults=[faults.throttled("ListBackupJobs", region=HOME)])
    assert [(gap["operation"], gap["error"]) for gap in judged.gaps] == [
        ("ListBackupJobs", "ThrottlingException")
    ]
    assert 9 <= asked(judged)["ListBackupJobs"] <= 100


def test_a_denied_call_is_asked_once(tmp_path: Path) -> None:
    """No waiting changes it."""
    judged = audit(standing(35), tmp_path, faults=[faults.denied("ListBackupJobs", region=HOME)])
    assert asked(judged)["ListBackupJobs"] == 1


def test_an_endpoint_that_never_answers_has_three_attempts(tmp_path: Path) -> None:
    """And its service is not asked again."""
    tables = [faults.reset(name, region=HOME) for name in ("DescribeDBInstances", "DescribeDBClusters")]
    counts = asked(audit(standing(35), tmp_path, faults=tables))
    assert (counts["DescribeDBInstances"], counts["DescribeDBClusters"]) == (3, 0)


def test_no_minutes_are_the_quick_attempts(tmp_path: Path) -> None:
    """`retry_minutes: 0`."""
    fault = faults.throttled("ListBackupJobs", region=HOME)
    judged = audit(standing(35), tmp_path, faults=[fault], retry_minutes=0)
    assert 2 <= asked(judged)["ListBackupJobs"] <= 30
