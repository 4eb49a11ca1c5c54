"""The files beside the evidence that a judgement writes into a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from auditor.model.errors import AuditorError
from reports.whole import whole


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that becomes `path` only when everything was written.

    Raises:
        AuditorError: it cannot be written.
    """
    try:
        with whole(path) as file:
            yield file
    except OSError as error:
        raise AuditorError(
            f"Cannot write {path} ({error.strerror}); free some space or choose another --out."
        ) from error
