"""How an effective backup policy differs from another one, and plans of AWS Backup from what it says.

AWS keeps names in small letters, and lists in any order (aws-backup.md 3.1, 3.2).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from auditor.derive.backup_policies import EffectivePlan
from auditor.derive.backup_policy_faults import incomplete, malformed
from auditor.derive.policy_merge import ASSIGN, Merged, Path, as_value
from auditor.model.plans import BackupPlan, CopyLifecycle, Rule

Json = Any

#: A backup policy is not as deep (`backup_policy_grammar`).
_DEEPEST: Final = 12
_SHOWN: Final = 60
#: What a rule says by itself, and the words for it.
_OF_RULE: Final = {
    "target_vault": "its vault",
    "air_gapped_vault_arn": "its air-gapped vault",
    "schedule": "its schedule",
    "start_window_minutes": "its start window in minutes",
    "completion_window_minutes": "its completion window in minutes",
    "continuous": "whether it is continuous",
}


class PolicyDifferences(NamedTuple):
    """What is otherwise, a clause each; of `open_` it is not known what is right, or what is there."""

    sure: tuple[str, ...]
    open_: tuple[str, ...]


def written_policy(document: str) -> dict[str, Json] | None:
    """A backup policy as somebody wrote it; None where AWS takes none like it (aws-backup.md 3.3)."""
    policy = _json(document)
    return None if malformed(policy) else policy


def effective_policy(document: str) -> dict[str, Json] | None:
    """An effective policy by its text, values as texts; None where it is not a whole one."""
    policy = _json(document)
    if not isinstance(policy, dict):
        return None
    whole = _valued({"plans": {}, **policy}, 0)
    return whole if not malformed(_as_written(whole)) and not incomplete(whole) else None


def policy_differences(merged: Merged, effective: Mapping[str, Json]) -> PolicyDifferences:
    """Where the effective policy of AWS says something else than the policies do when they are merged."""
    undecided = [tuple(map(str.lower, one.path)) for one in merged.undecided]
    sure: list[str] = []
    open_: list[str] = []
    for path, said in _differences(merged.effective, effective, ()):
        lower = tuple(map(str.lower, path))
        unsure = any(lower[: len(one)] == one[: len(lower)] for one in undecided)
        (open_ if unsure else sure).append(f"{'/'.join(path)} {said}")
    return PolicyDifferences(tuple(sure), tuple(open_))


def rules_in(plan: EffectivePlan, account: str, region: str, copies: CopyLifecycle) -> list[Rule]:
    """The rules that a plan of an effective policy has; a schedule that the policy leaves out is "".

    Raises:
        UnreadableDocument: they cannot be understood.
    """
    rules = BackupPlan.rules_of(plan.document(account, region), copies)
    said = {name for name, rule in plan.rules.items() if "schedule_expression" in rule}
    return [one if one.name in said else replace(one, schedule="") for one in rules]


def rule_differences(wanted: Sequence[Rule], found: Sequence[Rule]) -> list[str]:
    """Where the rules of a plan are otherwise than a policy wants them, a clause each.

    Of a schedule that the policy leaves out AWS does not say what it is (aws-backup.md 3.3).
    """
    right, there = ({one.name.lower(): one for one in rules} for rules in (wanted, found))
    said = [f"rule {name} is missing" for name in sorted(right.keys() - there.keys())]
    said += [f"rule {name} is in no policy" for name in sorted(there.keys() - right.keys())]
    return said + [
        f"of rule {name} {clause}"
        for name in sorted(right.keys() & there.keys())
        for clause in _of_rule(right[name], there[name])
    ]


def _of_rule(wanted: Rule, found: Rule) -> Iterator[str]:
    for name, words in _OF_RULE.items():
        right, there = getattr(wanted, name), getattr(found, name)
        if right != there and (name != "schedule" or right):
            yield f"{words} is {_shown(there)} and not {_shown(right)}"
    if wanted.lifecycle != found.lifecycle:
        yield "the lifecycle is another one"
    if {*wanted.copy_actions} != {*found.copy_actions}:
        yield "the copies are other ones"


def _json(document: str) -> Json:
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        return None


def _differences(ours: Json, theirs: Json, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        wanted, found = ({key.lower(): (key, one) for key, one in held.items()} for held in (ours, theirs))
        for lower in dict.fromkeys((*wanted, *found)):
            name = wanted.get(lower, found.get(lower, (lower, None)))[0]
            left, right = (held[lower][1] if lower in held else None for held in (wanted, found))
            yield from _differences(left, right, (*path, name))
    elif theirs in (None, {}) or ours in (None, {}):
        if (theirs or None) != (ours or None):
            yield path, "is not in force" if ours else "is in force and in no policy"
    elif _items(ours) != _items(theirs):
        yield path, f"is {_shown(theirs)} and not {_shown(ours)}"


def _items(value: Json) -> Json:
    """A list without its order."""
    return frozenset(value) if isinstance(value, list) else value


def _valued(given: Json, depth: int) -> Json:
    """An effective policy with its values as AWS keeps them; what is too deep for one is None."""
    if depth > _DEEPEST:
        return None
    if isinstance(given, dict):
        return {key: _valued(inner, depth + 1) for key, inner in given.items()}
    flat = not isinstance(given, list) or all(isinstance(one, str | int | bool) for one in given)
    return as_value(given) if flat else None


def _as_written(given: Json) -> Json:
    """The same with the operator that a value stands under in a policy."""
    if isinstance(given, dict):
        return {key: _as_written(inner) for key, inner in given.items()}
    return {ASSIGN: given}


def _shown(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
