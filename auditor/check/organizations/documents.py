"""Backup policies of AWS Organizations as files of their own, in JSON or YAML."""

from collections.abc import Mapping
from typing import Any, Final

from auditor.check.declared import Assumed, Declaration, Source
from auditor.check.lines import lines_of
from auditor.check.policy_documents import policy_of
from auditor.check.reading import Reading
from auditor.check.shapes import as_object
from auditor.derive.policy_merge import OPERATOR

Json = Any

KIND: Final = "backup policy"
_PLANS: Final = "plans"
#: The elements of a plan; with two of them it is one, though it has no operator.
_ELEMENTS: Final = frozenset({"rules", "regions", "selections"})


def is_policy(document: Json) -> bool:
    """Whether a document is a backup policy: under its `plans` are operators, or the elements of a plan."""
    plans = as_object(document).get(_PLANS)
    if not isinstance(plans, Mapping):
        return False
    alike = any(len(_ELEMENTS.intersection(as_object(plan))) > 1 for plan in plans.values())
    return alike or document == {_PLANS: {}} or _has_operators(plans)


def _has_operators(value: Json) -> bool:
    left = [value]
    while left:
        held = left.pop()
        if isinstance(held, Mapping):
            if any(str(key).startswith(OPERATOR) for key in held):
                return True
            left += held.values()
    return False


def read_policy(document: Json, source: Source, assumed: Assumed) -> Reading:  # noqa: ARG001 -- a format's reader
    """The policy that a file is."""
    lines = lines_of(source)
    declaration = Declaration(source.name, _PLANS, lines.line([_PLANS]) if lines else 0)
    reading = Reading(source.name, KIND)
    reading.policies.append(
        policy_of(
            document,
            name=source.name,
            address="",
            declaration=declaration,
            line=lines.line if lines else lambda _: 0,
        )
    )
    return reading
