"""Check policies before either engine sees them, so that both load the same modules, or neither does.

A module must lie where its package belongs. It may call only what `builtins` allows or the policies define,
read only what exists, and replace with `with` only input and data. No rule may depend on itself.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Final

import yaml

from auditor.rego.builtins import ALLOWED
from auditor.rego.names import ROOTS, PolicyNames, refuse
from auditor.rego.source import Module
from auditor.rego.syntax import Path, Reference, RegoRule
from auditor.yaml_files.document import parse

#: The most rules of all policies together.
MAX_RULES: Final = 20_000
_TEST: Final = "_test"
_ANY: Final = "_"
_SCHEMA: Final = "schema."
_MERGE: Final = "<<"
_METADATA: Final = re.compile(r"\s*#\s*METADATA")  # as OPA takes it: more may follow


def check(modules: Sequence[Module], data: Collection[str]) -> None:
    """Refuse what may not be loaded; `data` are the names of the documents beside the policies.

    Raises:
        UsageError: one sentence with the file and its line.
    """
    names = PolicyNames(modules, frozenset(data))
    names.check_imports()
    for module in modules:
        _check_place(module)
        _check_schemas(module)
        _check_names(module, names.packages)
        for rule in module.rules:
            _check_rule(module, rule, names)
    names.check_recursion()
    for module in modules:
        for rule in module.rules:
            _check_replacements(module, rule, names)


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
        refuse(module, module.line, f"in this file the package must be {wanted}, not {package}.")


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
        if statement.alias in ROOTS and statement.path != (statement.alias,):
            refuse(module, statement.line, f"{statement.alias} has its own meaning; choose another name.")
    for rule in module.rules:
        taken = rule.declared.intersection(ROOTS)
        if taken:
            refuse(module, rule.line, f"{min(taken)} has its own meaning; choose another name.")
        full = (*module.package, *rule.path)
        if any(package[: len(full)] == full for package in packages):
            refuse(module, rule.line, f"{'.'.join(full)} is a package too; choose another name.")


def _check_rule(module: Module, rule: RegoRule, names: PolicyNames) -> None:
    for target in rule.replaced:
        if target.path[:1] not in (("input",), ("data",)):
            refuse(module, target.line, f"`with` replaces input and data only, and {target} is neither.")
    for called in rule.calls:
        _check_call(module, rule, called, names)
    for read in (*rule.reads, *rule.replacing):
        _check_read(module, rule, read, names)
    for read in rule.reads:
        if names.resolve(module, rule, read) in names.functions:
            refuse(module, read.line, f"{read} is a function, which can only be called.")
    _check_variables(module, rule, names)


def _check_replacements(module: Module, rule: RegoRule, names: PolicyNames) -> None:
    """Check that no rule is read before `with` and for its value too: the embedded engine loses its value."""
    for replacement in rule.replacements:
        values = names.reached(module, rule, replacement.values)
        shared = values.intersection(names.reached(module, rule, replacement.used)) if values else values
        targets = [full for full in map(partial(names.resolve, module, rule), replacement.targets) if full]
        shared = {full for full in shared if not any(full[: len(target)] == target for target in targets)}
        if shared:
            what = f"{'.'.join(min(shared)[1:])} is read both before `with` and for its value"
            refuse(module, replacement.line, f"{what}; bind the value to a variable (x := …) first.")


def _check_variables(module: Module, rule: RegoRule, names: PolicyNames) -> None:
    """Check that each name after `some` has no other meaning, and is used."""
    read = {named.path[0] for named in rule.reads}
    for name, line in {**rule.listed, **rule.chosen}.items():
        if names.taken(module, name):
            refuse(module, line, f"{name} is a rule or an import too; choose another name for the variable.")
        if name in rule.listed and name not in read:
            refuse(module, line, f"the variable {name} is not used; remove it.")


def _check_call(module: Module, rule: RegoRule, called: Reference, names: PolicyNames) -> None:
    full = names.resolve(module, rule, called)
    if full is not None:
        arity = names.functions.get(full)
        if arity is None or not called.whole:
            refuse(module, called.line, f"there is no function {called}; correct the name.")
        if arity != called.arguments:
            refuse(module, called.line, f"{called} takes {arity} arguments, not {called.arguments}.")
        names.rests_on(module, rule, full)
    elif called.path[:1] and called.path[0] in rule.declared:
        refuse(module, called.line, f"{called} is called, and {called.path[0]} is a variable here.")
    elif str(called) not in ALLOWED or not called.whole:
        what = "it is none of the functions that it may call (docs/writing-a-control.md lists them)."
        refuse(module, called.line, f"{called} is refused in a policy: {what}")


def _check_read(module: Module, rule: RegoRule, read: Reference, names: PolicyNames) -> None:
    full = names.resolve(module, rule, read)
    if full is not None:
        if full[0] == "data" and not names.there(full):
            wrong = ".".join(full)
            refuse(module, read.line, f"{wrong} is not there for a policy to read; correct the name.")
        names.rests_on(module, rule, full)
    elif read.path[0] not in (*rule.declared, *rule.bound, _ANY):
        what = "it is neither a rule nor a variable with a value, and a function can only be called."
        refuse(module, read.line, f"{read} is refused in a policy: {what}")
