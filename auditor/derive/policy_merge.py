"""How AWS Organizations merges the policies on the way from the root to an account (aws-backup.md 3.1).

A management policy is an object of objects. At its leaves stand operators that set a value, and on any node
one that says which operators policies further down may use there. Nothing here knows what the keys mean.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

Json = Any
Path = tuple[str, ...]
#: A policy's name, and what it has at a node.
_Part = tuple[str, Mapping[str, Json]]

ASSIGN: Final = "@@assign"
APPEND: Final = "@@append"
REMOVE: Final = "@@remove"
OPERATORS: Final = (ASSIGN, APPEND, REMOVE)
CONTROL: Final = "@@operators_allowed_for_child_policies"
ALL: Final = "@@all"
NONE: Final = "@@none"
#: What begins so is an operator and no key.
OPERATOR: Final = "@@"


@dataclass(frozen=True, slots=True)
class Level:
    """The policies of one target, in the order in which they were attached: by name, with the document.

    Without `ordered` the order is not known.
    """

    policies: tuple[tuple[str, Mapping[str, Json]], ...]
    ordered: bool = True


class Refused(NamedTuple):
    """What a policy says and the policies above it do not let it say, so that it counts for nothing.

    `operator` is "" for a key that it would add; `by` are the policies that forbid it.
    """

    path: Path
    operator: str
    policy: str
    by: tuple[str, ...]


class Undecided(NamedTuple):
    """What the documents do not decide, in a clause; `policies` are those that it is about."""

    path: Path
    said: str
    policies: tuple[str, ...]


@dataclass(slots=True)
class Node:
    """One key of the merged policy: a value or children, and what is still allowed further down.

    `policies` are all that mention it. `children` are by their names in small letters.
    """

    name: str = ""
    value: str | list[str] | None = None
    children: dict[str, "Node"] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset(OPERATORS)
    restricted_by: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()

    def at(self, path: Iterable[str]) -> "Node":
        """The node at a path; the innermost one that there is where it leads nowhere."""
        node = self
        for step in path:
            node = node.children.get(step.lower(), node)
        return node

    def effective(self) -> Json:
        """What is left without operators and empty objects, by the names as they were first written."""
        if self.value is not None:
            return self.value
        found = {child.name: child.effective() for child in self.children.values()}
        return {key: value for key, value in found.items() if value is not None} or None


@dataclass(slots=True)
class Merged:
    """The policies as one, what of them counted for nothing, and what is not decided.

    `by_order` are values that the order of attachment decided: where, and the policies, the first one first.
    """

    root: Node = field(default_factory=Node)
    refused: list[Refused] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)
    by_order: list[tuple[Path, tuple[str, ...]]] = field(default_factory=list)

    @property
    def effective(self) -> dict[str, Json]:
        """The effective policy, without operators."""
        return self.root.effective() or {}


def merge(levels: Sequence[Level]) -> Merged:
    """Merge the policies of every level, the root's first.

    At one level the first assignment counts, then every addition is made, then every removal. What an upper
    level forbids a lower one to do is not done, and no lower level allows it again.
    """
    merged = Merged()
    for level in levels:
        _Step(merged, ordered=level.ordered).apply(merged.root, level.policies, ())
    return merged


def as_value(given: Json) -> str | list[str]:
    """A value as AWS Organizations keeps it: a text, or a list of texts without a second one of a kind."""
    if isinstance(given, list):
        return list(dict.fromkeys(map(_text, given)))
    return _text(given)


def _text(given: Json) -> str:
    if isinstance(given, str):
        return given
    words = {True: "true", False: "false", None: "null"}
    return words[given] if given is None or isinstance(given, bool) else str(given)


class _Step:
    """One level that is merged into what lies above it."""

    def __init__(self, merged: Merged, *, ordered: bool) -> None:
        self._merged, self._ordered = merged, ordered

    def apply(self, node: Node, given: Sequence[_Part], path: Path) -> None:
        node.policies = tuple(dict.fromkeys((*node.policies, *(policy for policy, _ in given))))
        if path:  # AWS takes operators beside `plans`, and they do nothing
            self._values(node, given, path)
        for key, parts in _by_key(given).items():
            child = self._child(node, parts, (*path, key))
            if child is not None:
                self.apply(child, [(policy, part) for policy, _, part in parts], (*path, child.name))
        for policy, part in given:
            self._restrict(node, policy, part.get(CONTROL))

    def _values(self, node: Node, given: Sequence[_Part], path: Path) -> None:
        kept: dict[str, list[tuple[str, Json]]] = {operator: [] for operator in OPERATORS}
        for policy, part in given:
            for operator in OPERATORS:
                if operator in part and operator in node.allowed:
                    kept[operator].append((policy, as_value(part[operator])))
                elif operator in part:
                    self._merged.refused.append(Refused(path, operator, policy, node.restricted_by))
        if kept[ASSIGN]:
            node.value = kept[ASSIGN][0][1]
            self._conflict(kept[ASSIGN], path)
        for _, value in kept[APPEND]:
            node.value = list(dict.fromkeys([*_listed(node.value), *_listed(value)]))
        for _, value in kept[REMOVE]:
            if isinstance(node.value, list):
                node.value = [item for item in node.value if item not in _listed(value)]

    def _conflict(self, assigned: Sequence[tuple[str, Json]], path: Path) -> None:
        """Where policies of one level assign different values, the one that was attached first counts."""
        if all(value == assigned[0][1] for _, value in assigned):
            return
        policies = tuple(policy for policy, _ in assigned)
        if self._ordered:
            self._merged.by_order.append((path, policies))
        else:
            said = (
                f"{' and '.join(policies)} assign different values, and which was attached first is not known"
            )
            self._merged.undecided.append(Undecided(path, said, policies))

    def _child(self, node: Node, parts: Sequence[tuple[str, str, Json]], path: Path) -> Node | None:
        """The child that `parts` are about; None where they may not add it, or it is not known whether."""
        key, policies = parts[0][1], tuple(policy for policy, _, _ in parts)
        child = node.children.get(key.lower())
        if child is None and APPEND not in node.allowed:
            if not node.allowed:
                self._merged.refused += [Refused(path, "", policy, node.restricted_by) for policy in policies]
            else:
                said = (
                    f"AWS does not say whether a policy may add a key where "
                    f"{', '.join(sorted(node.allowed))} is allowed ({', '.join(node.restricted_by)})"
                )
                self._merged.undecided.append(Undecided(path, said, policies))
            return None
        child = child or node.children.setdefault(key.lower(), Node(key))
        spelled = dict.fromkeys((child.name, *(one for _, one, _ in parts)))
        if len(path) == _NAMED_PLANS and len(spelled) > 1:
            said = f"AWS does not say whether {' and '.join(spelled)} are one plan"
            self._merged.undecided.append(Undecided(path, said, (*child.policies, *policies)))
        return child

    @staticmethod
    def _restrict(node: Node, policy: str, control: Json) -> None:
        if not isinstance(control, list) or ALL in control:
            return
        left = node.allowed.intersection(control)
        if left != node.allowed:
            node.allowed = left
            node.restricted_by = (*node.restricted_by, policy)


#: How many steps lead to the name of a plan; other names are kept in small letters by AWS (3.1).
_NAMED_PLANS: Final = 2


def _listed(value: Json) -> list[str]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _by_key(given: Sequence[_Part]) -> dict[str, list[tuple[str, str, Json]]]:
    """What policies say of each key: the policy, the key as it is written, and the part."""
    found: dict[str, list[tuple[str, str, Json]]] = {}
    for policy, key, part in _keys(given):
        found.setdefault(key.lower(), []).append((policy, key, part))
    return {parts[0][1]: parts for parts in found.values()}


def _keys(given: Sequence[_Part]) -> Iterator[tuple[str, str, Json]]:
    for policy, part in given:
        for key, inner in part.items():
            if not key.startswith(OPERATOR) and isinstance(inner, Mapping):
                yield policy, key, inner
