"""A control's raw answer made an `Answer`, the same for every engine."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from auditor.model.errors import EngineError
from auditor.rego.engine import Answer

#: The rules that make a package a control.
RULES: Final = ("applicable", "compliant", "non_compliant")
#: The most bytes that the findings about one subject may have, as JSON.
MOST: Final = 1 << 20
#: The most levels of a finding, its evidence included.
DEPTH: Final = 32
_EXACT: Final = 2**53
TOO_DEEP: Final = "its answer is nested too deeply"
TOO_LARGE: Final = f"its findings have more than {MOST} bytes"

NOT_APPLICABLE: Final = Answer()


def require_control(package: str, rules: frozenset[str] | None) -> None:
    """Raise `EngineError` unless `package` has the three rules of a control."""
    missing = [rule for rule in RULES if rule not in (rules or ())]
    if missing:
        raise EngineError(
            f"The package {package} has no rule {missing[0]}; a control defines {', '.join(RULES)}."
        )


def past_strikes(strikes: int) -> Answer:
    """The answer for a subject about which the control is not asked any more."""
    return Answer(error=f"it was not evaluated, as {strikes} evaluations of this control came to a limit")


def make_answer(*, compliant: bool, found: Sequence[Any]) -> Answer:
    """The answer of a control that applies; `found` holds `non_compliant`, or nothing if it is undefined."""
    if found and not isinstance(found[0], list):
        return Answer(error="non_compliant is not a set")
    try:
        plain = [_plain(finding) for finding in (found[0] if found else ())]
        keys = [orjson.dumps(finding, option=orjson.OPT_SORT_KEYS) for finding in plain]
    except RecursionError:
        return Answer(error=TOO_DEEP)
    if sum(map(len, keys)) > MOST:
        return Answer(error=TOO_LARGE)
    for finding in plain:
        if not isinstance(finding, dict) or not isinstance(finding.get("code"), str):
            return Answer(error="non_compliant holds something other than {code, evidence}")
        if not isinstance(finding.get("evidence", {}), dict):
            return Answer(error=f"the evidence of {finding['code']} is not an object")
    ordered = [plain[number] for number in sorted(range(len(plain)), key=keys.__getitem__)]
    return Answer(applicable=True, compliant=compliant, non_compliant=tuple(ordered))


def _plain(value: Any, levels: int = DEPTH) -> Any:
    """Make 24.0 the number 24: engines print numbers differently. Raises `RecursionError` beyond `levels`."""
    if not levels:
        raise RecursionError
    if isinstance(value, dict):
        return {key: _plain(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, levels - 1) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value
