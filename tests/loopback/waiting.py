"""What would be waited for comes at once: what takes long is not what is tested."""

import contextlib
import math
from collections.abc import Iterator
from types import SimpleNamespace
from unittest import mock

import botocore.endpoint

from auditor.aws.pace import Pace


@contextlib.contextmanager
def no_waiting() -> Iterator[None]:
    """Calls and retries come at once, and no progress is written."""
    at_once = SimpleNamespace(sleep=lambda _seconds: None)
    with (
        mock.patch.object(botocore.endpoint, "time", at_once),
        mock.patch.object(Pace, "keep"),
        mock.patch("auditor.cli.progress.PATIENCE", math.inf),
    ):
        yield
