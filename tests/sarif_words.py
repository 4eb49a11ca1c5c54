"""SARIF 2.1.0 by the object model of sarif-pydantic: a file has no word that SARIF does not have."""

import json
from typing import Any

from pydantic import BaseModel
from sarif_pydantic import Sarif

#: Words of SARIF 2.1.0 that sarif-pydantic does not know.
_LACKING = {
    "Invocation.exitCode",
    "Invocation.toolExecutionNotifications",
    "Result.suppressions",
    "Run.columnKind",
}


def _unknown(value: Any) -> list[str]:
    """The words that SARIF does not have: its objects are closed, but for property bags."""
    if isinstance(value, list):
        return [word for item in value for word in _unknown(item)]
    if not isinstance(value, BaseModel):
        return []
    own = [f"{type(value).__name__}.{word}" for word in value.model_extra or ()]
    return own + [word for name in type(value).model_fields for word in _unknown(getattr(value, name))]


def run_of(data: bytes) -> dict[str, Any]:
    """The one run of a file."""
    assert set(_unknown(Sarif.model_validate_json(data))) <= _LACKING
    (run,) = json.loads(data)["runs"]
    assert isinstance(run, dict)
    return run
