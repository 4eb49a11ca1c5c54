"""Check policies before either engine sees them, so that both load the same modules, or neither does.

A module must lie where its package belongs. It may call only what `builtins` allows or the policies define,
read only what exists, and replace with `with` only input and data. No rule may depend on itself.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, NoReturn

import yaml

from auditor.model.errors import UsageError
from auditor.rego.builtins import ALLOWED
from auditor.rego.source import Module
from auditor.rego.syntax import Path, Reference, RegoRule
from auditor.yaml_files.document import parse

#: The most rules of all policies together.
MAX_RULES: Final = 20_000
_TEST: Final = "_test"
_ROOTS: Final = ("input", "data")
_LANGUAGE: Final = ("rego", "future")  # imports of them are of the language itself
_ANY: Final = "_"
_SCHEMA: Final = "schema."
_MERGE: Final = "<<"
_METADATA: Final = re.compile(r"\s*#\s*METADATA")  # as OPA takes it: more may follow


def check(modules: Sequence[Module], data: Collection[str]) -> None:
    """Refuse what may not be loaded; `data` are the names of the documents beside the policies.

    Raises:
        UsageError: one sentence with the file and its line.
    """
    names = _Names(modules, frozenset(data))
    names.check_imports()
    for module in modules:
        _check_place(module)
        _check_schemas(module)
        _check_names(module, names.packages)
        for rule in module.rules:
            _check_rule(module, rule, names)
    names.check_recursion()


def _refuse(module: Module, line: int, what: str) -> NoReturn:
    raise UsageError(f"{module.path}:{line}: {what}")


def _check_place(module: Module) -> None:
    """Check that a file adds to the package of its own folder, and its tests to that package's tests."""
    path = PurePosixPath(module.path)
    package = ".".join(module.package[1:] if module.package[:1] == ("data",) else module.package)
    test = path.stem.endswith(_TEST)
    own = package.removesuffix(_TEST) if test else package
    folder = path.parts[0]
    allowed = True
    wanted = ""
    if folder == "lib":
        allowed, wanted = own.startswith("lib."), "lib.<name>"
    elif folder == "organization":
        allowed, wanted = own == folder or own.startswith("organization."), folder
    elif folder == "controls":
        wanted = ".".join(path.parent.parts)
        allowed = own == wanted
    if not allowed or (test and own == package):
        wanted = f"{wanted}{_TEST}" if test else wanted
        _refuse(module, module.line, f"in this file the package must be {wanted}, not {package}.")


def _check_schemas(module: Module) -> None:
    """Check that METADATA names only shipped schemas, because one that is written out could fetch another."""
    lines = module.text.splitlines()
    for start in [number for number, line in enumerate(lines, 1) if _METADATA.match(line)]:
        block: list[str] = []
        for line in lines[start:]:
            if not line.lstrip().startswith("#"):
                break
            block.append(line.lstrip()[1:])
        document = parse("\n".join(block), module.path, first_line=start + 1)
        for node in _schemas(document.root):
            if not (isinstance(node, yaml.ScalarNode) and f"{node.value}.".startswith(_SCHEMA)):
                raise document.error_at(
                    node, "a schema in METADATA is one of ours; write its name as schema.<name>."
                )


def _schemas(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """The entries under `schemas` that stand for a schema; the whole value where it is not a list of them."""
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == _MERGE:
            yield value
        if key.value != "schemas":
            continue
        if not isinstance(value, yaml.SequenceNode):
            yield value
            continue
        for entry in value.value:
            if not isinstance(entry, yaml.MappingNode):
                yield entry
                continue
            yield from (schema for _, schema in entry.value)


def _check_names(module: Module, packages: Collection[Path]) -> None:
    """Check the names of a module's imports, variables and rules."""
    for statement in module.imports:
        if statement.alias in _ROOTS and statement.path != (statement.alias,):
            _refuse(module, statement.line, f"{statement.alias} has its own meaning; choose another name.")
    for rule in module.rules:
        taken = rule.declared.intersection(_ROOTS)
        if taken:
            _refuse(module, rule.line, f"{min(taken)} has its own meaning; choose another name.")
        full = (*module.package, *rule.path)
        if any(package[: len(full)] == full for package in packages):
            _refuse(module, rule.line, f"{'.'.join(full)} is a package too; choose another name.")


def _check_rule(module: Module, rule: RegoRule, names: "_Names") -> None:
    for target in rule.replaced:
        if target.path[:1] not in (("input",), ("data",)):
            _refuse(module, target.line, f"`with` replaces input and data only, and {target} is neither.")
    for called in rule.calls:
        _check_call(module, rule, called, names)
    for read in (*rule.reads, *rule.replacing):
        _check_read(module, rule, read, names)
    for read in rule.reads:
        if names.resolve(module, rule, read) in names.functions:
            _refuse(module, read.line, f"{read} is a function, which can only be called.")
    _check_variables(module, rule, names)


def _check_variables(module: Module, rule: RegoRule, names: "_Names") -> None:
    """Check that each name after `some` has no other meaning, and is used."""
    read = {named.path[0] for named in rule.reads}
    for name, line in {**rule.listed, **rule.chosen}.items():
        if names.taken(module, name):
            _refuse(module, line, f"{name} is a rule or an import too; choose another name for the variable.")
        if name in rule.listed and name not in read:
            _refuse(module, line, f"the variable {name} is not used; remove it.")


def _check_call(module: Module, rule: RegoRule, called: Reference, names: "_Names") -> None:
    full = names.resolve(module, rule, called)
    if full is not None:
        arity = names.functions.get(full)
        if arity is None or not called.whole:
            _refuse(module, called.line, f"there is no function {called}; correct the name.")
        if arity != called.arguments:
            _refuse(module, called.line, f"{called} takes {arity} arguments, not {called.arguments}.")
        names.rests_on(module, rule, full)
    elif called.path[:1] and called.path[0] in rule.declared:
        _refuse(module, called.line, f"{called} is called, and {called.path[0]} is a variable here.")
    elif str(called) not in ALLOWED or not called.whole:
        what = "it is none of the functions that it may call (docs/writing-a-control.md lists them)."
        _refuse(module, called.line, f"{called} is refused in a policy: {what}")


def _check_read(module: Module, rule: RegoRule, read: Reference, names: "_Names") -> None:
    full = names.resolve(module, rule, read)
    if full is not None:
        if full[0] == "data" and not names.there(full):
            wrong = ".".join(full)
            _refuse(module, read.line, f"{wrong} is not there for a policy to read; correct the name.")
        names.rests_on(module, rule, full)
    elif read.path[0] not in (*rule.declared, *rule.bound, _ANY):
        what = "it is neither a rule nor a variable with a value, and a function can only be called."
        _refuse(module, read.line, f"{read} is refused in a policy: {what}")


@dataclass(slots=True)
class _Names:
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
                    _refuse(module, statement.line, f"{what}; write `as` and another name.")

    def _check_kind(self, module: Module, rule: RegoRule, full: Path) -> None:
        """Check that a name is one kind of thing (function with its arity, set, value) with one default."""
        if not rule.whole:
            return
        kind: tuple[object, ...] = ("set",) if rule.kind == "set" else ("value", rule.arity)
        if self._kinds.setdefault(full, kind) != kind:
            _refuse(module, rule.line, f"{rule.path[-1]} is something else too; choose another name.")
        if rule.kind == "default":
            if full in self._defaults:
                _refuse(module, rule.line, f"{rule.path[-1]} has a default already; remove one.")
            self._defaults.add(full)

    def resolve(self, module: Module, rule: RegoRule, named: Reference) -> Path | None:
        """The whole path of a name; None where it is a variable, or does not exist."""
        root, rest = named.path[:1], named.path[1:]
        if not root or root[0] in rule.declared:
            return None
        alias = self._aliases[module.path].get(root[0])
        if alias is not None:
            return (*alias, *rest)
        if root[0] in _ROOTS:
            return named.path
        if root[0] in self._own.get(module.package, ()):
            return ("data", *module.package, *named.path)
        return None

    def there(self, full: Path) -> bool:
        """Whether a path under data leads to a document or into a package."""
        return len(full) == 1 or full[1] in self.data or any(full[1] == path[0] for path in self.packages)

    def rests_on(self, module: Module, rule: RegoRule, full: Path) -> None:
        """Note that `rule` depends on the rules at, above and below the path `full`."""
        over = [full[:length] for length in range(1, len(full)) if full[:length] in self._places]
        needs = self._rests.setdefault(("data", *module.package, *rule.path), set())
        needs.update(over, self._under.get(full, ()))

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
                    _refuse(module, line, f"{'.'.join(needed[1:])} depends on itself; no rule may.")
                elif needed not in done:
                    trail[needed] = iter(self._rests.get(needed, ()))
