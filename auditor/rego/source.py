"""What a Rego module is before it runs: its package, its rules, and whether it calls what a policy must not.

Both engines load through here, so that both refuse the same modules with the same sentence.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
import regorus

from auditor.model.errors import EngineError

#: Builtins whose answer comes not from input and data alone: clocks, chance, network, machine, output.
UNSAFE: Final = frozenset(
    {
        "crypto.x509.parse_and_verify_certificates",
        "http.send",
        "io.jwt.decode_verify",
        "net.lookup_ip_addr",
        "opa.runtime",
        "print",
        "rand.intn",
        "time.now_ns",
        "trace",
        "uuid.rfc4122",
    }
)
_UNSAFE_PREFIX: Final = "rego.metadata."
_PLACE: Final = re.compile(r"^--> (.+):(\d+):(\d+)$", re.MULTILINE)
_ERROR: Final = re.compile(r"^error: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed module: `package` without `data.`, the names of its rules and functions, its text.

    `imports` are its import statements; `body` is the text without them, the package and its comment.
    """

    package: str
    rules: frozenset[str]
    text: str
    imports: tuple[str, ...]
    body: str


def inspect(path: str, rego: str) -> Module:
    """Parse the module `rego` of the file `path`.

    Raises:
        EngineError: it is not Rego v1, or it calls a builtin that is refused.
    """
    engine = regorus.Engine()
    try:
        engine.add_policy(path, rego)
        tree = orjson.loads(engine.get_ast_as_json())[0]["ast"]
    except RuntimeError as error:
        raise EngineError(f"{sentence(error)}; correct the policy.") from None
    for name, line in _calls(tree):
        if name in UNSAFE or name.startswith(_UNSAFE_PREFIX):
            raise EngineError(
                f"{path}:{line}: {name} is refused in a policy; it answers from input and data alone."
            )
    package = _name(tree["package"]["refr"])
    rules = {_name(head).split(".")[0] for rule in tree["rules"] if (head := _head(rule)) is not None}
    lines = rego.splitlines()
    imports = [int(statement["span"]["line"]) for statement in tree["imports"]]
    first = last = int(tree["package"]["span"]["line"])
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    head = {*range(first, last + 1), *imports}
    body = "\n".join(line for number, line in enumerate(lines, 1) if number not in head)
    return Module(package, frozenset(rules), rego, tuple(lines[number - 1] for number in imports), body)


def rules_of(modules: Mapping[str, Module]) -> dict[str, frozenset[str]]:
    """The rules of each package."""
    packages: dict[str, frozenset[str]] = {}
    for module in modules.values():
        packages[module.package] = packages.get(module.package, frozenset()) | module.rules
    return packages


def sentence(error: Exception) -> str:
    """What regorus says, as `file:line:column: message`; its excerpt and stack are for its own developers."""
    text = str(error)
    place, message = _PLACE.search(text), _ERROR.search(text)
    said = message[1].strip() if message else text.strip().splitlines()[0]
    return f"{':'.join(place.groups())}: {said}" if place else said


def _head(rule: Mapping[str, Any]) -> Any | None:
    if "Default" in rule:
        return rule["Default"]["refr"]
    for head in rule.get("Spec", {}).get("head", {}).values():
        return head["refr"]
    return None


def _calls(node: Any) -> Iterator[tuple[str, int]]:
    if isinstance(node, dict):
        call = node.get("Call")
        if isinstance(call, dict):
            yield _name(call["fcn"]), int(call["span"]["line"])
        for child in node.values():
            yield from _calls(child)
    elif isinstance(node, list):
        for child in node:
            yield from _calls(child)


def _name(ref: Mapping[str, Any]) -> str:
    """A reference as dotted text, however it is written: `http.send` and `http["send"]` are the same."""
    if "Var" in ref:
        return str(ref["Var"]["value"])
    if "RefDot" in ref:
        return f"{_name(ref['RefDot']['refr'])}.{ref['RefDot']['field'][1]}"
    if "RefBrack" in ref:
        index = ref["RefBrack"]["index"]
        inner = index.get("String", index.get("RawString", {})).get("value", "*")
        return f"{_name(ref['RefBrack']['refr'])}.{inner}"
    return "*"
