"""Native code reads pages in a process of its own, which may end without harm."""

from collections.abc import Iterator
from threading import Thread

import pyarrow as pa
import pytest
from botocore.parsers import ResponseParserError

from auditor.aws import page_process
from auditor.aws.page_process import PageProcesses
from auditor.model.errors import AuditorError, Interrupted
from tests.loopback.dying_worker import page

JOB_IDS = pa.schema(
    [("BackupJobs", pa.list_(pa.struct([("BackupJobId", pa.string())]))), ("NextToken", pa.string())]
)
RIGHT = b'{"BackupJobs": [{"BackupJobId": "a"}], "NextToken": "t"}'
READ = [{"BackupJobs": [{"BackupJobId": "a"}], "NextToken": "t"}]


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[PageProcesses]:
    """Readers that die where a page says so."""
    monkeypatch.setattr(page_process, "WORKER", "tests.loopback.dying_worker")
    pages = PageProcesses()
    yield pages
    pages.close()


@pytest.mark.parametrize(
    ("way", "how"), [("abort", "SIGABRT"), ("segmentation fault", "SIGSEGV"), ("exit", "exit code 3")]
)
def test_a_page_that_ends_the_process_is_an_answer_that_is_none(
    dying: PageProcesses, way: str, how: str
) -> None:
    """It is refused with how the process ended; the pages before it and after it are read."""
    before = dying.read(RIGHT, JOB_IDS).to_pylist()
    with pytest.raises(ResponseParserError) as refused:
        dying.read(page(way), JOB_IDS)
    after = dying.read(RIGHT, JOB_IDS).to_pylist()

    assert (before, after) == (READ, READ)
    assert str(refused.value) == f"The process that reads answers ended over it ({how})."


def test_a_page_that_is_never_read_is_given_up(dying: PageProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is ended; the next page is read."""
    dying.read(RIGHT, JOB_IDS)
    with monkeypatch.context() as impatient:
        impatient.setattr(page_process, "_PATIENCE", 0.0)
        with pytest.raises(ResponseParserError, match=r"ended over it \(SIGKILL\)"):
            dying.read(page("no end"), JOB_IDS)

    assert dying.read(RIGHT, JOB_IDS).to_pylist() == READ


def test_who_waits_for_a_page_is_told_when_the_run_ends(dying: PageProcesses) -> None:
    """It waits no longer, and starts no process."""
    told: list[type[Exception]] = []

    def read() -> None:
        try:
            dying.read(page("no end"), JOB_IDS)
        except Interrupted as error:
            told.append(type(error))

    threads = [Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    dying.close()
    for thread in threads:
        thread.join()

    assert told == [Interrupted] * 3


def test_a_process_that_does_not_start_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is no fault of a page."""
    monkeypatch.setattr(page_process, "WORKER", "tests.loopback.no_such_module")

    with pytest.raises(AuditorError) as refused:
        PageProcesses().read(RIGHT, JOB_IDS)

    assert str(refused.value) == (
        "The process that reads answers of AWS does not start (exit code 1); "
        "run `python -m tests.loopback.no_such_module` to see why."
    )
