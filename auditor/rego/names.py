"""What names in policies stand for, and which rule rests on which others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from auditor.model.errors import UsageError
from auditor.rego.source import Module
from auditor.rego.syntax import Path, Reference, RegoRule

ROOTS: Final = ("input", "data")
_LANGUAGE: Final = ("rego", "future")  # imports of them are of the language itself


def refuse(module: Module, line: int, what: str) -> NoReturn:
    """Say what is wrong on which line of a module, as a `UsageError`."""
    raise UsageError(f"{module.path}:{line}: {what}")


@dataclass(slots=True)
class PolicyNames:
    """All names of the policies. A rule is known by its whole path, ("data", "lib", "numbers", "above")."""

    modules: Sequence[Module]
    data: frozenset[str]
    packages: set[Path] = field(default_factory=set)
    functions: dict[Path, int] = field(default_factory=dict)
    _own: dict[Path, set[str]] = field(default_factory=dict)
    _places: dict[Path, tuple[Module, int]] = field(default_factory=dict)
    _under: dict[Path, set[Path]] = field(default_factory=dict)
    _aliases: dict[str, Mapping[str, Path]] = field(default_factory=dict)
    _rests: dict[Path, set[Path]] = field(default_factory=dict)
    _kinds: dict[Path, tuple[object, ...]] = field(default_factory=dict)
    _defaults: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        for module in self.modules:
            self.packages.add(module.package)
            self._aliases[module.path] = {
                statement.alias: statement.path
                for statement in module.imports
                if statement.path[0] not in _LANGUAGE
            }
            for rule in module.rules:
                full = ("data", *module.package, *rule.path)
                self._check_kind(module, rule, full)
                self._own.setdefault(module.package, set()).add(rule.path[0])
                self._places.setdefault(full, (module, rule.line))
                if rule.arity is not None:
                    self.functions[full] = rule.arity
                for length in range(1, len(full) + 1):
                    self._under.setdefault(full[:length], set()).add(full)

    def taken(self, module: Module, name: str) -> bool:
        """Whether a module's package or imports give a name another meaning."""
        return name in self._own.get(module.package, ()) or name in self._aliases[module.path]

    def check_imports(self) -> None:
        """Refuse a name that stands for two things in a package: engines choose differently."""
        meanings: dict[tuple[Path, str], Path] = {}
        for module in self.modules:
            names = [statement.alias for statement in module.imports]
            for statement in module.imports:
                key = (module.package, statement.alias)
                other = meanings.setdefault(key, statement.path)
                own = statement.alias in self._own.get(module.package, ())
                if own or other != statement.path or names.count(statement.alias) > 1:
                    what = f"{statement.alias} stands for something else too in this package"
                    refuse(module, statement.line, f"{what}; write `as` and another name.")

    def _check_kind(self, module: Module, rule: RegoRule, full: Path) -> None:
        """Check that a name is one kind of thing (function with its arity, set, value) with one default."""
        if not rule.whole:
            return
        kind: tuple[object, ...] = ("set",) if rule.kind == "set" else ("value", rule.arity)
        if self._kinds.setdefault(full, kind) != kind:
            refuse(module, rule.line, f"{rule.path[-1]} is something else too; choose another name.")
        if rule.kind == "default":
            if full in self._defaults:
                refuse(module, rule.line, f"{rule.path[-1]} has a default already; remove one.")
            self._defaults.add(full)

    def resolve(self, module: Module, rule: RegoRule, named: Reference) -> Path | None:
        """The whole path of a name; None where it is a variable, or does not exist."""
        root, rest = named.path[:1], named.path[1:]
        if not root or root[0] in rule.declared:
            return None
        alias = self._aliases[module.path].get(root[0])
        if alias is not None:
            return (*alias, *rest)
        if root[0] in ROOTS:
            return named.path
        if root[0] in self._own.get(module.package, ()):
            return ("data", *module.package, *named.path)
        return None

    def there(self, full: Path) -> bool:
        """Whether a path under data leads to a document or into a package."""
        return len(full) == 1 or full[1] in self.data or any(full[1] == path[0] for path in self.packages)

    def rests_on(self, module: Module, rule: RegoRule, full: Path) -> None:
        """Note that `rule` depends on the rules at, above and below the path `full`."""
        needs = self._rests.setdefault(("data", *module.package, *rule.path), set())
        needs.update(self._needed(full))

    def reached(self, module: Module, rule: RegoRule, named: Iterable[Reference]) -> set[Path]:
        """The rules, without functions, on which names in `rule` rest in the end."""
        found: set[Path] = set()
        starts = filter(None, (self.resolve(module, rule, one) for one in named))
        todo = [path for full in starts for path in self._needed(full)]
        while todo:
            path = todo.pop()
            if path not in found:
                found.add(path)
                todo += self._rests.get(path, ())
        return found.difference(self.functions)

    def _needed(self, full: Path) -> set[Path]:
        """The rules at, above and below a path."""
        over = (full[:length] for length in range(1, len(full)))
        return {path for path in over if path in self._places}.union(self._under.get(full, ()))

    def check_recursion(self) -> None:
        """Refuse a rule that depends on itself: one engine would refuse it, the other run without an end."""
        done: set[Path] = set()
        for start in self._rests:
            trail: dict[Path, Iterator[Path]] = {} if start in done else {start: iter(self._rests[start])}
            while trail:
                rule = next(reversed(trail))
                needed = next(trail[rule], None)
                if needed is None:
                    done.add(rule)
                    del trail[rule]
                elif needed in trail:
                    module, line = self._places[needed]
                    refuse(module, line, f"{'.'.join(needed[1:])} depends on itself; no rule may.")
                elif needed not in done:
                    trail[needed] = iter(self._rests.get(needed, ()))
