"""Documents of `aws_iam_policy_document` that a plan reads only after the apply, made of their blocks.

One with the ARN of something new in it is not known as a text, but most of its blocks are.
Source: the provider's page of the data source.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from auditor.check.shapes import as_list, as_object, objects
from auditor.check.terraform.configuration import references
from auditor.check.terraform.instances import UNKNOWN, Instance, hides, merged

Json = Any

_TYPE: Final = "aws_iam_policy_document"
_NAMED: Final = re.compile(rf"data\.{_TYPE}\.([\w-]+)(?:\[[^\]]*\])?(?:\.(?:json|minified_json))?")
#: In place of a resource that is not known: no pattern for everything.
_SOMETHING: Final = "(known after apply)"
_OTHERS: Final = ("source_policy_documents", "override_policy_documents", "source_json", "override_json")


class PolicyDocuments:
    """Those of one plan, by module and name; one of several instances is not told from the others."""

    def __init__(self, changes: Iterable[Json]) -> None:
        self._found: dict[tuple[str, str], list[Mapping[str, Json]]] = {}
        for entry in map(as_object, changes):
            if entry.get("mode") == "data" and entry.get("type") == _TYPE:
                change = as_object(entry.get("change"))
                key = (str(entry.get("module_address") or ""), str(entry.get("name")))
                read = as_object(merged(change.get("after"), change.get("after_unknown")))
                self._found.setdefault(key, []).append(read)

    def of(self, instance: Instance, expression: Json) -> Json:
        """The document that an expression of `instance` names, `UNKNOWN` where it is not known."""
        named = [_NAMED.fullmatch(name) for name in references(expression)]
        if len(named) != 1 or named[0] is None:
            return UNKNOWN
        found = self._found.get((instance.module, named[0][1]), [])
        if len(found) != 1 or any(found[0].get(key) for key in _OTHERS):
            return UNKNOWN
        blocks = found[0].get("statement")
        statements = [_statement(block) for block in as_list(blocks)]
        hidden = blocks is UNKNOWN or not statements or None in statements
        return UNKNOWN if hidden else {"Statement": statements}


def _statement(block: Json) -> dict[str, Json] | None:
    """A statement as IAM has it, None where more than its resources is not known."""
    given = as_object(block)
    effect = given.get("effect") or "Allow"
    conditions: dict[str, dict[str, list[Json]]] = {}
    for one in objects(given.get("condition")):
        held = conditions.setdefault(str(one.get("test")), {}).setdefault(str(one.get("variable")), [])
        held += [UNKNOWN] if one.get("values") is UNKNOWN else as_list(one.get("values"))
    made = {
        "Effect": effect,
        "Action": given.get("actions") or None,
        "NotAction": given.get("not_actions") or None,
        "Principal": _principal(given.get("principals")),
        "NotPrincipal": _principal(given.get("not_principals")),
        "Condition": conditions or None,
    }
    blocks = [given.get(key) for key in ("principals", "not_principals", "condition")]
    if not given or any(map(hides, (*made.values(), *blocks))):
        return None
    resources = given.get("resources")
    made["Resource"] = (
        _SOMETHING
        if resources is UNKNOWN
        else [_SOMETHING if one is UNKNOWN else one for one in as_list(resources)]
    )
    made["NotResource"] = _SOMETHING if given.get("not_resources") else None
    return {key: value for key, value in made.items() if value is not None}


def _principal(blocks: Json) -> Json:
    """The principals of blocks; `*` where one of them is for everybody."""
    found = objects(blocks)
    if any(one.get("type") == "*" for one in found):
        return "*"
    made: dict[str, list[Json]] = {}
    for one in found:
        made.setdefault(str(one.get("type")), []).extend(
            [UNKNOWN] if one.get("identifiers") is UNKNOWN else as_list(one.get("identifiers"))
        )
    return made or None
