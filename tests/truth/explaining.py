"""Asking for the explanation of a subject."""

from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import main
from auditor.explain import Explanation, explain
from auditor.model.errors import UsageError
from auditor.model.settings import Settings
from tests.loopback.kept import kept
from tests.loopback.standing import (
    AS_OF,
)  # fmt: skip

OTHER = "222233334444"


def told(run: Path, wanted: str, *given: str, **settings: Any) -> Explanation:
    """The explanation of a subject; `given` are the settings that were options."""
    return explain(run, wanted, Settings(AS_OF, **settings), frozenset(given))


def refused(run: Path, wanted: str, *given: str, **settings: Any) -> str:
    """The sentence that comes instead."""
    with pytest.raises(UsageError) as error:
        told(run, wanted, *given, **settings)
    return str(error.value)


def verdicts(found: Explanation) -> dict[str, str]:
    """Its verdicts by control."""
    return {control.control_id: str(control.verdict) for control in found.verdicts}


def command(*arguments: str) -> int:
    """The exit code of the command."""
    with kept(), pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)
