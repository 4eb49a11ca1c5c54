"""What stays unknown in a plan, resolved where its expression names something else of the plan.

The first plan of a configuration knows no ARN; the second one knows them all. An expression that refers to
the `arn`, `id` or `name` of one resource of the plan is taken to be just that, so that both give the same
answer. A plan does not hold the text of an expression: what refers to several things at once stays unknown
where one value is asked for.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from auditor.check.shapes import as_object
from auditor.check.terraform.configuration import KEYS, Configuration, expressions, references
from auditor.check.terraform.instances import UNKNOWN, Instance, plain

Json = Any

_MOST_STEPS: Final = 32
_RESOURCE: Final = re.compile(
    r"(?P<type>[a-z][a-z0-9_]*_[a-z0-9_]+)\.(?P<name>[\w-]+)"
    r'(?:\[(?:"(?P<key>(?:[^"\\]|\\.)*)"|(?P<number>[0-9]{1,9}))\])?(?:\.(?P<attribute>roots\[0\]\.id|\w+))?'
)
_OUTPUT: Final = re.compile(r"module\.(?P<call>[\w-]+)(?P<key>\[[^\]]*\])?\.(?P<output>[\w-]+)")
_EACH: Final = re.compile(r"each\.value(?:\.(?P<attribute>\w+))?")
_MODULE: Final = re.compile(r'module\.[^.\[]+(?:\["(?P<key>(?:[^"\\]|\\.)*)"\]|\[(?P<number>[0-9]{1,9})\])?')
#: Objects, of which the one is meant by its id.
_ROOTS: Final = "roots"
#: The type of a stand-in for the call of a module.
_CALL: Final = "module"


class References:
    """The references of one plan. `identity` gives an instance's `arn`, `id` or `name` before AWS has."""

    def __init__(
        self,
        configuration: Configuration,
        instances: Iterable[Instance],
        variables: Mapping[str, Json],
        identity: Callable[[Instance, str], str | None],
    ) -> None:
        self._configuration = configuration
        self._variables = variables
        self.identity = identity
        #: The instances of each resource by their keys, and the instances of each module by its plain path.
        self._instances: dict[tuple[str, str, str], dict[str | int | None, Instance]] = {}
        self._modules: dict[str, set[str]] = {}
        for instance in instances:
            if not instance.gone:
                of_resource = (instance.module, instance.type, instance.name)
                self._instances.setdefault(of_resource, {})[instance.index] = instance
                module = instance.module
                while module and module not in self._modules.setdefault(plain(module), set()):
                    self._modules[plain(module)].add(module)
                    module = _caller(module).module

    def value(self, instance: Instance, key: str, meant: str) -> Json:
        """An attribute of an instance, resolved; `meant` is which one of a resource, where none is named."""
        known = instance.value(key)
        if known is not UNKNOWN:
            return known
        return self.one(instance, expressions(self._configuration.resource(instance)).get(key), meant)

    def one(self, instance: Instance, expression: Json, meant: str) -> Json:
        """The one value of an expression, `UNKNOWN` where there is none or several."""
        found = self._all(instance, expression, meant, _MOST_STEPS)
        return found[0] if len(found) == 1 else UNKNOWN

    def several(self, instance: Instance, expression: Json, meant: str) -> list[Json]:
        """Every value of an expression that makes a list, `UNKNOWN` for one that is not known."""
        return self._all(instance, expression, meant, _MOST_STEPS, whole=True) or [UNKNOWN]

    def _all(
        self, instance: Instance, expression: Json, meant: str, steps: int, *, whole: bool = False
    ) -> list[Json]:
        if isinstance(expression, Mapping) and "constant_value" in expression:
            return _flat([expression["constant_value"]])
        names = references(expression)
        own = any(name in KEYS for name in names)
        found: list[Json] = []
        for name in names:
            if name in KEYS:
                continue
            values = (
                self._named(instance, name, meant, steps - 1, own=own, whole=whole) if steps else [UNKNOWN]
            )
            found += values
        return _distinct(found)

    def _named(
        self, instance: Instance, name: str, meant: str, steps: int, *, own: bool, whole: bool
    ) -> list[Json]:
        if name.startswith("var."):
            return self._variable(instance, name, meant, steps, whole=whole)
        each = _EACH.fullmatch(name)
        if each:
            return self._each(instance, each["attribute"] or meant, steps)
        if name.startswith("module."):
            return self._output(instance, name, meant, steps, whole=whole)
        return self._resource(instance, name, meant, steps, own=own, whole=whole)

    def _each(self, instance: Instance, attribute: str, steps: int) -> list[Json]:
        """What `for_each` has under the key of an instance, where it goes over a resource or a module."""
        if instance.type == _CALL:
            repeated = self._configuration.call(plain(f"{instance.module}.{instance.name}".lstrip(".")))
        else:
            repeated = self._configuration.resource(instance)
        named = references(repeated.get("for_each_expression"))
        if len(named) == 1 and _RESOURCE.fullmatch(named[0]):
            return self._resource(instance, named[0], attribute, steps, own=True, whole=False)
        if len(named) == 1 and named[0].startswith("module.") and isinstance(instance.index, str):
            name = f'{named[0]}["{instance.index}"].{attribute}'
            return self._output(instance, name, attribute, steps, whole=False)
        return [UNKNOWN]

    def _variable(self, instance: Instance, name: str, meant: str, steps: int, *, whole: bool) -> list[Json]:
        _, variable, *rest = name.split(".")
        if not instance.module:
            if variable not in self._variables:
                return [UNKNOWN]
            value = as_object(self._variables[variable]).get("value")
            for key in rest:
                value = as_object(value).get(key)
            return [UNKNOWN] if value is None else _flat([value])
        call = self._configuration.call(plain(instance.module))
        expression = expressions(call).get(variable)
        if rest or expression is None:
            return [UNKNOWN]
        return self._all(_caller(instance.module), expression, meant, steps, whole=whole) or [UNKNOWN]

    def _output(self, instance: Instance, name: str, meant: str, steps: int, *, whole: bool) -> list[Json]:
        found = _OUTPUT.match(name)
        if not found:
            return [UNKNOWN]
        step = f"module.{found['call']}"
        start = f"{instance.module}.{step}" if instance.module else step
        named = f"{start}{found['key'] or ''}"
        modules = self._modules.get(plain(start), set())
        if named not in modules:
            # without a key it may be the one instance that there is
            inside_of = [one for one in modules if one.startswith(f"{start}[")] if not found["key"] else []
            if len(inside_of) != 1:
                return [UNKNOWN]
            named = inside_of[0]
        outputs = as_object(self._configuration.module(plain(start)).get("outputs"))
        output = as_object(outputs.get(found["output"]))
        inside = _within(named)
        return self._all(inside, output.get("expression"), meant, steps, whole=whole) or [UNKNOWN]

    def _resource(
        self, instance: Instance, name: str, meant: str, steps: int, *, own: bool, whole: bool
    ) -> list[Json]:
        found = _RESOURCE.match(name)
        if not found or (found["attribute"] and found.end() < len(name)):
            return [UNKNOWN]
        all_ = self._instances.get((instance.module, found["type"], found["name"]), {})
        held = [*all_.values()] if whole or len(all_) == 1 else []
        if found["key"] is not None or found["number"] is not None:
            index = found["key"] if found["number"] is None else int(found["number"])
            held = [all_[index]] if index in all_ else []
        elif own and None not in all_:
            held = [all_[instance.index]] if instance.index in all_ else []
        attribute = found["attribute"] or meant
        return _flat([self._attribute(one, attribute, steps) for one in held]) or [UNKNOWN]

    def _attribute(self, instance: Instance, attribute: str, steps: int) -> Json:
        known = instance.value(attribute)
        if known is not UNKNOWN and known is not None and attribute != _ROOTS:
            return known
        expression = expressions(self._configuration.resource(instance)).get(attribute)
        if expression is not None and steps:
            resolved = self._all(instance, expression, attribute, steps - 1)
            if len(resolved) == 1 and resolved[0] is not UNKNOWN:
                return resolved[0]
        identity = self.identity(instance, attribute)
        return UNKNOWN if identity is None else identity


def said(expression: Json) -> str:
    """An expression as far as a plan tells it: what it refers to."""
    return ", ".join(references(expression)) or "an expression that the plan does not name"


def _within(module: str) -> Instance:
    """A stand-in for an instance in another module: only its module counts there."""
    return Instance("", module, "", "", None, {}, {}, {}, ())


def _caller(module: str) -> Instance:
    """A stand-in for the call of `module`, in the module that calls it, with the key of the call."""
    steps = [*_MODULE.finditer(module)]
    if not steps:
        return _within("")
    last = steps[-1]
    index = last["key"] if last["number"] is None else int(last["number"])
    outer = ".".join(step[0] for step in steps[:-1])
    return Instance("", outer, _CALL, plain(last[0]), index, {}, {}, {}, ())


def _distinct(values: Sequence[Json]) -> list[Json]:
    """Each known value once; two that are not known may differ."""
    seen: set[str] = set()
    found = []
    for value in values:
        spelled = repr(value)
        if value is UNKNOWN or spelled not in seen:
            found.append(value)
            seen.add(spelled)
    return found


def _flat(values: Sequence[Json]) -> list[Json]:
    found: list[Json] = []
    for value in values:
        found += value if isinstance(value, list) else [value]
    return found
