"""A Rego module parsed: its package, its imports, its rules, and the comments that say METADATA."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
import regorus

from auditor.model.errors import UsageError
from auditor.rego.syntax import Path, RegoRule, line_of, name, rules

_PLACE: Final = re.compile(r"^--> (.+):(\d+):(\d+)$", re.MULTILINE)
_ERROR: Final = re.compile(r"^error: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the name that it gives in the module, what it stands for, its line."""

    alias: str
    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed module; `body` is its text without the package, the comment on it, and the imports."""

    path: str
    package: Path
    line: int
    imports: tuple[Import, ...]
    rules: tuple[RegoRule, ...]
    text: str
    body: str


def parse(path: str, rego: str) -> Module:
    """Parse the module `rego` of the file `path`.

    Raises:
        UsageError: it is not Rego v1.
    """
    engine = regorus.Engine()
    try:
        engine.add_policy(path, rego)
        tree = orjson.loads(engine.get_ast_as_json())[0]["ast"]
        found = tuple(rules(tree, rego.encode()))
    except (RecursionError, orjson.JSONDecodeError):
        raise UsageError(f"{path}: it is nested too deeply; write it in several rules.") from None
    except RuntimeError as error:
        said = sentence(error)
        where = "" if said.startswith(f"{path}:") else f"{path}: "
        raise UsageError(f"{where}{said}; correct the policy.") from None
    text = rego.encode()
    imports = tuple(_import(node, text) for node in tree["imports"])
    line = line_of(tree["package"])
    lines = rego.splitlines()
    first = line
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    head = {*range(first, line + 1), *(statement.line for statement in imports)}
    body = "\n".join(text for number, text in enumerate(lines, 1) if number not in head)
    return Module(path, name(tree["package"]["refr"]).path, line, imports, found, rego, body)


def _import(node: Mapping[str, Any], text: bytes) -> Import:
    path = name(node["refr"]).path
    span = node.get("as")
    alias = text[span["start"] : span["end"]].decode() if span else path[-1]
    return Import(alias, path, line_of(node))


def sentence(error: BaseException) -> str:
    """What regorus says, as `file:line:column: message`; its excerpt and stack are for its own developers."""
    text = str(error)
    place, message = _PLACE.search(text), _ERROR.search(text)
    said = message[1].strip(" :") if message else text.strip().splitlines()[0]
    return f"{':'.join(place.groups())}: {said}" if place else said
