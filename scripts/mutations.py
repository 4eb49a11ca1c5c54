"""Every small way to spoil a Rego policy, found in its syntax tree."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import regorus

_COMPARISONS = {
    "==": ("!=",),
    "!=": ("==",),
    "<": ("<=", ">=", ">"),
    "<=": ("<", ">", ">="),
    ">": (">=", "<=", "<"),
    ">=": (">", "<", "<="),
}
_ARITHMETIC = {"*": "/", "/": "*", "+": "-", "-": "+", "%": "/"}
#: Words that stand for one another: builtins, and functions of the libraries.
_SISTERS = {
    "max": ("min",),
    "min": ("max",),
    "at_most": ("below", "above", "at_least"),
    "below": ("at_most", "at_least", "above"),
    "at_least": ("above", "below", "at_most"),
    "above": ("at_least", "at_most", "below"),
    "long_enough": ("short_enough", "too_short"),
    "short_enough": ("long_enough", "too_long"),
    "too_short": ("too_long", "long_enough"),
    "too_long": ("too_short", "short_enough"),
}
#: Facts of which one may be taken for the other.
_SISTER_FACTS = {
    b"max_retention_days": b"min_retention_days",
    b"min_retention_days": b"max_retention_days",
    b"retention_max_days": b"retention_days",
    b"retention_days": b"retention_max_days",
}


@dataclass(frozen=True)
class Mutant:
    """A policy file with the bytes [start, end) replaced, in a rule such as `compliant 2`, the second one."""

    path: str
    rule: str
    text: bytes
    start: int
    end: int
    replacement: bytes

    @property
    def rego(self) -> str:
        """The spoilt policy."""
        return (self.text[: self.start] + self.replacement + self.text[self.end :]).decode()

    @property
    def was(self) -> str:
        """The lines that are touched, as one."""
        return " ".join(self._line(self.text[self.start : self.end]).split())

    @property
    def becomes(self) -> str:
        """What became of them."""
        return " ".join(self._line(self.replacement).split())

    def _line(self, middle: bytes) -> str:
        before = self.text[: self.start].rpartition(b"\n")[2]
        after = self.text[self.end :].partition(b"\n")[0]
        return (before + middle + after).decode()

    @property
    def key(self) -> tuple[str, ...]:
        """How `equivalent_mutants.yaml` names it."""
        return self.path, self.rule, self.was, self.becomes


def mutants_of(path: str, rego: str) -> Iterator[Mutant]:
    """Every mutant of the policy `rego`, once each, from the top."""
    engine = regorus.Engine()
    engine.add_policy(path, rego)
    text = rego.encode()
    tree = json.loads(engine.get_ast_as_json())[0]["ast"]
    seen = set()
    names: Counter[str] = Counter()
    for rule in tree["rules"]:
        name = _name(rule, text)
        names[name] += 1
        for start, end, replacement in sorted(_changes(rule, text)):
            mutant = Mutant(path, f"{name} {names[name]}", text, start, end, replacement)
            if mutant.rego not in seen and replacement != text[start:end]:
                seen.add(mutant.rego)
                yield mutant


def _name(rule: Mapping[str, Any], text: bytes) -> str:
    start, end = _span(next(iter(rule.values())))
    return text[start:end].removeprefix(b"default ").decode().partition(" ")[0].partition("(")[0]


def _changes(node: Any, text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Places and what to put there, of a part of the syntax tree and all below it."""
    if isinstance(node, list):
        for item in node:
            yield from _changes(item, text)
    if not isinstance(node, Mapping):
        return
    for kind, inner in node.items():
        if kind == "stmts":
            for statement in inner:
                yield from _dropped(statement, text)
        change = _CHANGES.get(kind)
        if change is not None and isinstance(inner, Mapping):
            yield from change(inner, text)
        yield from _changes(inner, text)


def _dropped(statement: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """A condition that always holds. What gives a variable its value is no condition."""
    literal = statement["literal"]
    names_something = "SomeIn" in literal or "SomeVars" in literal
    assigns = "Expr" in literal and "AssignExpr" in literal["Expr"]["expr"]
    if not names_something and not assigns:
        yield (*_quoted(statement, text), b"true")


def _rule(node: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    yield (*_quoted(node, text), b"")


def _comparison(node: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    start, end = _between(node, text, rb"==|!=|<=|>=|<|>")
    for other in _COMPARISONS[text[start:end].decode()]:
        yield start, end, other.encode()


def _arithmetic(node: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    start, end = _between(node, text, rb"[-*/+%]")
    yield start, end, _ARITHMETIC[text[start:end].decode()].encode()


def _between(node: Mapping[str, Any], text: bytes, operator: bytes) -> tuple[int, int]:
    """Where the operator of two operands is."""
    left, right = (_span(next(iter(node[side].values()))) for side in ("lhs", "rhs"))
    found = re.compile(operator).search(text, left[1], right[0])
    if found is None:
        raise LookupError(text[left[0] : right[1]])
    return found.start(), found.end()


def _number(node: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    start, end = _span(node)
    for step in (-1, 1):
        yield start, end, str(json.loads(text[start:end]) + step).encode()


def _truth(node: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    start, end = _span(node)
    yield start, end, b"false" if text[start:end] == b"true" else b"true"


def _negation(node: Mapping[str, Any], _text: bytes) -> Iterator[tuple[int, int, bytes]]:
    start, _ = _span(node)
    yield start, start + len(b"not "), b""


def _word(node: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """A call of another function."""
    _, end = _span(next(iter(node["fcn"].values())))
    name = re.search(rb"\w+$", text[:end])
    if name is not None:
        for sister in _SISTERS.get(name[0].decode(), ()):
            yield name.start(), end, sister.encode()


def _fact(node: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Another fact of the same kind, in a path or as a key."""
    field = node["field"] if "field" in node else node["span"]
    while isinstance(field, list):  # a field has its place and its name
        field = field[0]
    start, end = field["start"], field["end"]
    if text[start:end] in _SISTER_FACTS:
        yield start, end, _SISTER_FACTS[text[start:end]]


def _member(node: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """A set of strings in which one of them is another one."""
    for item in node.get("collection", {}).get("Set", {}).get("items", ()):
        if "String" in item:
            yield from _string(item["String"], text)


def _string(node: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    start, end = _span(node)
    yield start, end, text[start:end] + b"?"


def _compared(node: Mapping[str, Any], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """A comparison turned, and one with another text."""
    yield from _comparison(node, text)
    for side in ("lhs", "rhs"):
        if "String" in node[side]:
            yield from _string(node[side]["String"], text)


def _quoted(node: Mapping[str, Any], text: bytes) -> tuple[int, int]:
    """The place of a part, with the quote of a text that it begins or ends with: the parser leaves it out."""
    start, end = _span(node)
    if text.count(b'"', start, end) % 2:
        return (start, end + 1) if text[end : end + 1] == b'"' else (start - 1, end)
    return start, end


def _span(node: Mapping[str, Any]) -> tuple[int, int]:
    return node["span"]["start"], node["span"]["end"]


_CHANGES = {
    "Spec": _rule,
    "BoolExpr": _compared,
    "ArithExpr": _arithmetic,
    "Number": _number,
    "Bool": _truth,
    "NotExpr": _negation,
    "Call": _word,
    "Membership": _member,
    "RefDot": _fact,
    "String": _fact,
}
