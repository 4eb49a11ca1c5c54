"""Nothing that arrives over the wire ends the process."""

import subprocess
import sys

import pytest


def read_pages(seed: int, count: int) -> tuple[int, str, str]:
    """Read spoilt pages in a process: its exit code (negative: killed by a signal), and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.aws.hostile_pages", str(seed), str(count)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip().split(" ", 1)[-1], done.stderr


def test_no_page_ends_the_process() -> None:
    """Each is read or refused."""
    assert read_pages(1, 3000) == (0, "of 3000 read", "")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 10))
def test_no_page_of_many_ends_the_process(seed: int) -> None:
    """A quarter of a million of them."""
    assert read_pages(seed, 30_000) == (0, "of 30000 read", "")
