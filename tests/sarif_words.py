"""SARIF 2.1.0 by the schema of OASIS: its objects are closed, so a file has no other word than its own."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, FormatChecker

_SCHEMA = Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json"


@cache
def _validator() -> Draft4Validator:
    return Draft4Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")), format_checker=FormatChecker())


def faults_of(log: Any) -> list[str]:
    """What the schema does not admit, each by its place."""
    return [f"{error.json_path}: {error.message[:300]}" for error in _validator().iter_errors(log)]


def run_of(data: bytes) -> dict[str, Any]:
    """The one run of a file."""
    log = json.loads(data)
    assert faults_of(log) == []
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run
