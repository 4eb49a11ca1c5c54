"""Read from the tree of a Rego rule which names it reads, calls, replaces with `with`, and declares.

The tree comes from regorus, as JSON. This module decides nothing; `checks` does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Tree = Any
Path = tuple[str, ...]

_SET_BY_ASSIGNMENT: Final = "ColEq"
_NAMES: Final = ("Var", "RefDot", "RefBrack")
_KINDS: Final = {"Func": "function", "Set": "set", "Compr": "value"}
#: The parts of a term that hold names to be bound where the term is a pattern.
_PATTERN: Final = ("Array", "Object", "Set")
#: The terms inside each kind of term, beside the fields of an object and the query of a comprehension.
_PARTS: Final[Mapping[str, Path]] = {
    **dict.fromkeys(("String", "RawString", "Number", "Bool", "Null", "Object"), ()),
    **dict.fromkeys(("Array", "Set"), ("items",)),
    **dict.fromkeys(("ArrayCompr", "SetCompr"), ("term",)),
    **dict.fromkeys(("BinExpr", "BoolExpr", "ArithExpr"), ("lhs", "rhs")),
    "ObjectCompr": ("key", "value"),
    "UnaryExpr": ("expr",),
    "Membership": ("key", "value", "collection"),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in a rule: its constant beginning, e.g. ("data", "tiers") of `data.tiers[x]`, and its line.

    `whole` is False where something that is not constant follows. `arguments` is their number in a call.
    """

    path: Path
    line: int
    whole: bool = True
    arguments: int = 0

    def __str__(self) -> str:
        """The name as dotted text."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Replacement:
    """A statement with `with`: what it uses, what `with` replaces, and what its values are made of."""

    line: int
    used: tuple[Reference, ...]
    targets: tuple[Reference, ...]
    values: tuple[Reference, ...]


@dataclass(slots=True)
class RegoRule:
    """One rule: the constant beginning of its own name in its package, its arity (None: no function).

    `kind` is "function", "set", "default" or "value"; `whole` is False where more follows in its name.
    `listed` are the names after `some` that are bound elsewhere, `chosen` those of `some … in`, by line.
    `replacing` are what `with` puts in a place, `replacements` the statements that have a `with`.
    `declared` are the names that it declares (arguments, `some`, `every`, `:=`); `bound` those that
    unification or an index may bind.
    """

    path: Path
    line: int
    kind: str = "value"
    whole: bool = True
    arity: int | None = None
    reads: list[Reference] = field(default_factory=list)
    calls: list[Reference] = field(default_factory=list)
    replaced: list[Reference] = field(default_factory=list)
    replacing: list[Reference] = field(default_factory=list)
    replacements: list[Replacement] = field(default_factory=list)
    listed: dict[str, int] = field(default_factory=dict)
    chosen: dict[str, int] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)


def rules(tree: Tree, text: bytes) -> Iterator[RegoRule]:
    """The rules of a module; `text` is what was parsed, UTF-8."""
    for node in tree["rules"]:
        if "Default" in node:
            default = node["Default"]
            named = name(default["refr"])
            arguments = default["args"]
            rule = RegoRule(
                named.path, named.line, "default", named.whole, len(arguments) if arguments else None
            )
            walk = _Walk(rule, text)
            walk.term(default["value"])
        else:
            spec = node["Spec"]
            kind, head = next(iter(spec["head"].items()))
            named = name(head["refr"])
            arguments = head.get("args", ())
            rule = RegoRule(
                named.path,
                named.line,
                _KINDS[kind],
                named.whole,
                len(arguments) if kind == "Func" else None,
            )
            walk = _Walk(rule, text)
            walk.indexes(head["refr"])
            walk.term(head.get("key"))
            walk.assigned(head.get("assign"))
            for body in spec["bodies"]:
                walk.assigned(body["assign"])
                walk.query(body["query"])
        for argument in arguments:
            walk.pattern(argument, rule.declared)
        yield rule


def name(node: Tree) -> Reference:
    """A reference's constant beginning; `http.send` and `http["send"]` are the same."""
    steps: list[tuple[str, Tree]] = []
    while "Var" not in node:
        kind, inner = next(iter(node.items()))
        if kind not in ("RefDot", "RefBrack"):
            return Reference((), line_of(inner), whole=False)
        steps.append((kind, inner))
        node = inner["refr"]
    path = [str(node["Var"]["value"])]
    for kind, inner in reversed(steps):
        if kind == "RefDot":
            path.append(str(inner["field"][1]))
            continue
        constant = inner["index"].get("String", inner["index"].get("RawString"))
        if constant is None:
            return Reference(tuple(path), line_of(node["Var"]), whole=False)
        path.append(str(constant["value"]))
    return Reference(tuple(path), line_of(node["Var"]))


def line_of(node: Mapping[str, Any]) -> int:
    """The line on which a node of the tree begins."""
    return int(node["span"]["line"])


@dataclass(slots=True)
class _Walk:
    """Goes through one rule and notes what it finds in it."""

    rule: RegoRule
    text: bytes

    def query(self, query: Tree) -> None:
        for statement in query["stmts"]:
            before = self._counted()
            self._literal(statement["literal"])
            between = self._counted()
            changes = statement.get("with_mods", ())
            targets = tuple(name(change["refr"]) for change in changes)
            self.rule.replaced += targets
            for change in changes:
                kind = next(iter(change["as"]))
                if kind in _NAMES:
                    self.rule.replacing.append(name(change["as"]))
                    self.indexes(change["as"])
                else:
                    self.term(change["as"])
            if targets:
                used, values = self._since(before, between), self._since(between, self._counted())
                self.rule.replacements.append(Replacement(targets[0].line, used, targets, values))

    def _lists(self) -> tuple[list[Reference], ...]:
        return self.rule.reads, self.rule.calls, self.rule.replacing

    def _counted(self) -> tuple[int, ...]:
        return tuple(map(len, self._lists()))

    def _since(self, first: tuple[int, ...], last: tuple[int, ...]) -> tuple[Reference, ...]:
        parts = zip(self._lists(), first, last, strict=True)
        return tuple(found for listed, start, end in parts for found in listed[start:end])

    def _literal(self, literal: Tree) -> None:
        kind, node = next(iter(literal.items()))
        if kind == "SomeVars":
            self.rule.listed.update((self._text(span), span["line"]) for span in node["vars"])
            self.rule.declared.update(self.rule.listed)
        elif kind == "SomeIn":
            chosen: set[str] = set()
            for part in (node["key"], node["value"]):
                self.pattern(part, chosen)
            self.rule.chosen.update(dict.fromkeys(chosen, line_of(node)))
            self.rule.declared.update(chosen)
            self.term(node["collection"])
        elif kind == "Every":
            self.rule.declared.update(self._text(span) for span in (node["key"], node["value"]) if span)
            self.term(node["domain"])
            self.query(node["query"])
        else:
            self.term(node["expr"])

    def assigned(self, assign: Tree | None) -> None:
        if assign:
            self.term(assign["value"])

    def term(self, node: Tree | None) -> None:
        """A term that is read."""
        if not node:
            return
        kind, inner = next(iter(node.items()))
        if kind in _NAMES:
            found = name(node)
            if found.path:
                self.rule.reads.append(found)
            self.indexes(node)
        elif kind == "Call":
            called = name(inner["fcn"])
            count = len(inner["params"])
            self.rule.calls.append(Reference(called.path, called.line, called.whole, count))
            for part in inner["params"]:
                self.term(part)
        elif kind == "AssignExpr":
            names = self.rule.declared if inner["op"] == _SET_BY_ASSIGNMENT else self.rule.bound
            self.pattern(inner["lhs"], names)
            if inner["op"] == _SET_BY_ASSIGNMENT:
                self.term(inner["rhs"])
            else:
                self.pattern(inner["rhs"], names)
        else:
            self._parts(kind, inner)

    def _parts(self, kind: str, inner: Tree) -> None:
        for key in _PARTS[kind]:
            part = inner[key]
            for item in part if isinstance(part, list) else [part]:
                self.term(item)
        for _, key, value in inner.get("fields", ()):
            self.term(key)
            self.term(value)
        if "query" in inner:
            self.query(inner["query"])

    def pattern(self, node: Tree | None, names: set[str]) -> None:
        """A term whose variables are bound: they go into `names`; what else is in it is read."""
        if not node:
            return
        kind, inner = next(iter(node.items()))
        if kind == "Var":
            names.add(str(inner["value"]))
            self.rule.reads.append(name(node))
        elif kind in _PATTERN:
            for item in inner.get("items", ()):
                self.pattern(item, names)
            for _, key, value in inner.get("fields", ()):
                self.pattern(key, names)
                self.pattern(value, names)
        else:
            self.term(node)

    def indexes(self, node: Tree) -> None:
        """The terms in the brackets of a reference, and the term before them when that is not a name."""
        while "Var" not in node:
            kind, inner = next(iter(node.items()))
            if kind not in ("RefDot", "RefBrack"):
                self.term(node)
                return
            if kind == "RefBrack":
                self.pattern(inner["index"], self.rule.bound)
            node = inner["refr"]

    def _text(self, span: Mapping[str, int]) -> str:
        return self.text[span["start"] : span["end"]].decode()
