"""What AWS refuses in a backup policy of AWS Organizations, and what makes an effective one invalid.

A document alone may be a part of a plan: what is missing may come from a policy above or below it. Only the
effective policy of an account must be whole (aws-backup.md 3.1, 3.3).
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from auditor.derive.backup_policy_grammar import POLICY, PolicyBranch, PolicyLeaf
from auditor.derive.policy_merge import ALL, APPEND, ASSIGN, CONTROL, NONE, OPERATOR, OPERATORS, REMOVE, Path

Json = Any

#: The most characters of a document, with its white space (AWS Organizations, quotas).
MOST_CHARACTERS: Final = 10_000
MOST_RULES: Final = 10
_MOST_CONDITIONS: Final = 30
_SHOWN: Final = 60


class Fault(NamedTuple):
    """What is wrong at a path of a policy, in a clause."""

    path: Path
    said: str


def malformed(document: Json) -> list[Fault]:
    """What AWS refuses when the policy is made: keys that it does not know, and values of another form."""
    if not isinstance(document, Mapping) or "plans" not in document:
        return [Fault((), "it has no plans")]
    return [*_branch(POLICY, document, ())]


def _branch(branch: PolicyBranch, given: Json, path: Path) -> Iterator[Fault]:
    if not isinstance(given, Mapping):
        yield Fault(path, f"it is {_shown(given)} and no object")
        return
    yield from _operators(given, path, OPERATORS if path else ())
    seen: dict[str, str] = {}
    for key, inner in given.items():
        here = (*path, key)
        if key.startswith(OPERATOR):
            continue
        if branch.each is not None and seen.setdefault(key.lower(), key) != key:
            yield Fault(here, f"{seen[key.lower()]} and {key} differ by case only")
        element = branch.each or branch.fields.get(key)
        if branch.each is not None and re.fullmatch(branch.named, key, re.DOTALL) is None:
            yield Fault(here, f"the name is not {branch.said}")
        if element is None:
            yield Fault(here, f"no such element is known; there are {', '.join(sorted(branch.fields))}")
        elif isinstance(element, PolicyLeaf):
            yield from _leaf(element, inner, here)
        else:
            yield from _branch(element, inner, here)


def _operators(given: Mapping[str, Json], path: Path, refused: tuple[str, ...]) -> Iterator[Fault]:
    for key in given:
        if key in refused:
            yield Fault((*path, key), f"{key} sets a value, and this element has none")
        elif key.startswith(OPERATOR) and key not in (*OPERATORS, CONTROL):
            known = ", ".join((*OPERATORS, CONTROL))
            yield Fault((*path, key), f"no such operator is known; there are {known}")
    control = given.get(CONTROL)
    if CONTROL in given:
        words = control if isinstance(control, list) else []
        right = all(isinstance(word, str) and word in (ALL, NONE, *OPERATORS) for word in words)
        if not (words and right) or len(set(words)) < len(words) or (NONE in words and len(words) > 1):
            said = f'it is a list of {", ".join((ALL, *OPERATORS))}, each once, or ["{NONE}"] alone'
            yield Fault((*path, CONTROL), said)


def _leaf(leaf: PolicyLeaf, given: Json, path: Path) -> Iterator[Fault]:
    if not isinstance(given, Mapping):
        yield Fault(path, f'a value has an operator: {{"{ASSIGN}": {_shown(given)}}}')
        return
    yield from _operators(given, path, () if leaf.many else (APPEND, REMOVE))
    for key in given:
        if not key.startswith(OPERATOR):
            yield Fault((*path, key), "a value has operators and no elements")
        elif key in OPERATORS and not (leaf.many or key in (APPEND, REMOVE) or leaf.fits(given[key])):
            yield Fault((*path, key), f"{_shown(given[key])} is not {leaf.said}")
        elif key in OPERATORS and leaf.many:
            yield from _items(leaf, given[key], (*path, key))


def _items(leaf: PolicyLeaf, given: Json, path: Path) -> Iterator[Fault]:
    if not isinstance(given, list):
        yield Fault(path, f"it is {_shown(given)} and no list")
        return
    for item in given:
        if not leaf.fits(item):
            yield Fault(path, f"{_shown(item)} is not {leaf.said}")


def incomplete(effective: Mapping[str, Json]) -> list[Fault]:
    """What an effective policy lacks: AWS keeps the last one that was valid (aws-backup.md 3.3)."""
    return [*_whole(POLICY, effective, ())]


def _whole(element: "PolicyLeaf | PolicyBranch", given: Json, path: Path) -> Iterator[Fault]:
    if isinstance(element, PolicyLeaf):
        if given == []:
            yield Fault(path, f"{path[-1]} is an empty list")
        return
    for key in element.needs:
        if key not in given:
            yield Fault(path, f"{key} is missing")
    for key, inner in given.items():
        yield from _whole(element.each or element.fields[key], inner, (*path, key))


def excessive(effective: Mapping[str, Json]) -> list[Fault]:
    """What makes an effective policy invalid though nothing is missing in it (aws-backup.md 3.3)."""
    return [*_limits(effective)]


def _limits(effective: Mapping[str, Json]) -> Iterator[Fault]:
    for name, plan in effective.get("plans", {}).items():
        path = ("plans", name)
        rules, selections = plan.get("rules", {}), plan.get("selections", {})
        if len(rules) > MOST_RULES:
            yield Fault(
                (*path, "rules"), f"there are {len(rules)} rules, and a plan has {MOST_RULES} at most"
            )
        if len(selections) > 1:
            yield Fault((*path, "selections"), "tags and resources exclude each other")
        for kind, found in selections.items():
            for key, one in found.items():
                count = sum(map(len, one.get("conditions", {}).values()))
                if count > _MOST_CONDITIONS:
                    said = f"there are {count} conditions, and a selection has {_MOST_CONDITIONS} at most"
                    yield Fault((*path, "selections", kind, key, "conditions"), said)
        for rule, found in rules.items():
            for key, copy in found.get("copy_actions", {}).items():
                if copy.get("target_backup_vault_arn", key) != key:
                    said = "target_backup_vault_arn is not the ARN by which the copy is named"
                    yield Fault((*path, "rules", rule, "copy_actions", key), said)


def open_elements(effective: Mapping[str, Json]) -> list[Fault]:
    """What the documentation demands and AWS has been seen to do without: what comes of it is not known."""
    found = []
    for name, plan in effective.get("plans", {}).items():
        for rule, parts in plan.get("rules", {}).items():
            if "schedule_expression" not in parts:
                at = ("plans", name, "rules", rule)
                found.append(Fault(at, "schedule_expression is missing"))
        for key, parts in plan.get("selections", {}).get("resources", {}).items():
            if "resource_types" not in parts:
                path = ("plans", name, "selections", "resources", key)
                found.append(Fault(path, "resource_types is missing"))
    return found


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
