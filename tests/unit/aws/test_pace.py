"""Calls are held back to the published rates, by the clock of the test."""

from threading import Event

import pytest

from auditor.aws.pace import Pace


class Sender:
    """One account and Region; `send` waits by the clock of the test and gives when the call went out."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pace = Pace(clock=lambda: self.now)

    def send(self, operation: str, service: str = "backup") -> float:
        """Send one call."""
        self.now += max(0.0, self.pace.delay(service, operation))
        return self.now


@pytest.mark.parametrize(
    ("operation", "rate"),
    [
        ("ListBackupJobs", 20),
        ("GetBackupPlan", 15),
        ("DescribeRegionSettings", 15),
        ("DescribeBackupVault", 5),
    ],
)
def test_an_operation_is_sent_so_often_in_a_second(operation: str, rate: int) -> None:
    """The first second's worth goes at once, the next one takes a second, evenly."""
    sender = Sender()
    times = [sender.send(operation) for _ in range(2 * rate)]
    assert times[:rate] == pytest.approx([0.0] * rate)
    assert times[rate:] == pytest.approx([number / rate for number in range(1, rate + 1)])


def test_operations_together_keep_the_rate_of_the_service() -> None:
    """Ten operations of which each keeps its own: fifty at once and no more."""
    sender = Sender()
    times = [sender.send(f"List{number % 10}") for number in range(100)]
    assert times[:50] == pytest.approx([0.0] * 50)
    assert times[50:] == pytest.approx([number / 50 for number in range(1, 51)])


def test_what_was_not_used_is_kept_for_a_second_only() -> None:
    """After an hour of rest the first second's worth goes at once, and not more."""
    sender = Sender()
    sender.send("ListBackupJobs")
    sender.now += 3600
    began = sender.now
    assert [sender.send("ListBackupJobs") for _ in range(20)] == pytest.approx([began] * 20)
    assert sender.send("ListBackupJobs") == pytest.approx(began + 1 / 20)


def test_a_service_without_published_rates_is_not_held_back() -> None:
    """Its own throttling tells."""
    sender = Sender()
    assert {sender.send("DescribeVolumes", "ec2") for _ in range(1000)} == {0.0}


def test_an_interrupted_run_waits_for_no_place() -> None:
    """However long the queue is."""
    pace, stop = Pace(clock=lambda: 0.0), Event()
    stop.set()
    for _ in range(1000):
        pace.keep("backup", "ListBackupJobs", stop)
