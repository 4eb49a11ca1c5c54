"""The part `configuration` of a plan: the expressions behind values that are not known yet."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from auditor.check.shapes import as_list, as_object, objects
from auditor.check.terraform.instances import Instance, plain

if TYPE_CHECKING:
    from auditor.check.terraform.written import WrittenResources

Json = Any
Expressions = Mapping[str, Json]

#: More of an expression, or of the blocks of one kind, is not looked at.
_MOST_REFERENCES: Final = 500
_MOST_BLOCKS: Final = 100
#: The actions that leave nothing to Terraform.
_GONE: Final = (("delete",), ("forget",))
#: They say which instance is meant, beside the reference to the resource itself.
KEYS: Final = ("each.key", "count.index")
#: Where a part of a reference ends.
_STEP: Final = re.compile(r"[.\[]")


class Configuration:
    """The modules of a configuration by their path without keys (`module.a.module.b`); "" is the root.

    `code` has its files, None where these are not at hand.
    """

    def __init__(self, document: Mapping[str, Json]) -> None:
        self.code: WrittenResources | None = None
        found = as_object(document.get("configuration"))
        self.providers = as_object(found.get("provider_config"))
        self._modules = {"": as_object(found.get("root_module"))}
        self._resources: dict[str, dict[tuple[str, str], Expressions]] = {}

    def module(self, path: str) -> Mapping[str, Json]:
        """The module at `path`, empty where the plan does not have it."""
        if path not in self._modules:
            self._modules[path] = as_object(self.call(path).get("module"))
        return self._modules[path]

    def call(self, path: str) -> Expressions:
        """The call of the module at `path`, in the module that calls it."""
        parent, _, name = path.rpartition("module.")
        return as_object(as_object(self.module(parent.rstrip(".")).get("module_calls")).get(name))

    def sources(self) -> Iterator[tuple[str, str]]:
        """The path of each module that is called, and where it comes from."""
        left = [("", self.module(""))]
        while left:
            path, module = left.pop()
            for name, call in as_object(module.get("module_calls")).items():
                inner = f"{path}.module.{name}".lstrip(".")
                left.append((inner, as_object(as_object(call).get("module"))))
                yield inner, str(as_object(call).get("source") or "")

    def resource(self, instance: Instance) -> Expressions:
        """What the configuration says of the resource of `instance`, empty where it says nothing."""
        path = plain(instance.module)
        if path not in self._resources:
            self._resources[path] = {
                (str(entry.get("type")), str(entry.get("name"))): entry
                for entry in objects(self.module(path).get("resources"))
                if entry.get("mode", "managed") == "managed"
            }
        return self._resources[path].get((instance.type, instance.name), {})

    def dynamic(self, instance: Instance, key: str) -> bool | None:
        """Whether a block that it does not name may be a dynamic one; None where its code is not at hand."""
        return self.code.dynamic(instance.address, key) if self.code else None

    def provider(self, instance: Instance) -> str:
        """The key of the instance's provider; "aws" where the configuration does not say.

        It is "" for what is gone from the configuration and whose ARN says where it is.
        """
        resource = self.resource(instance)
        if not resource and instance.actions in _GONE and isinstance(instance.before.get("arn"), str):
            return ""
        key = str(resource.get("provider_config_key") or "aws")
        return key if key in self.providers else key.rpartition(":")[2]

    def default_tags(self, instance: Instance) -> Mapping[str, str] | None:
        """The default tags of the instance's provider; None where they are not written out."""
        found = expressions(as_object(self.providers.get(self.provider(instance))))
        blocks = objects(found.get("default_tags"))
        if not blocks:
            return {}
        tags = as_object(blocks[0].get("tags")).get("constant_value")
        return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, Mapping) else None


def expressions(entry: Expressions) -> Expressions:
    """The expressions of a resource, call or provider by attribute."""
    return as_object(entry.get("expressions"))


def references(expression: Json) -> tuple[str, ...]:
    """What an expression refers to, each in its longest form: `a.b.c` stands for `a.b` as well."""
    listed = as_list(as_object(expression).get("references"))
    found = [text for text in listed[:_MOST_REFERENCES] if isinstance(text, str)]
    parts = {text[: step.start()] for text in found for step in _STEP.finditer(text)}
    return tuple(text for text in dict.fromkeys(found) if text not in parts)


def overlaps(expression: Json) -> bool:
    """Whether an expression names a thing twice, or all instances of one and some of them again.

    Each reference is followed by what it is a part of: `a.b[0].c`, `a.b[0]`, `a.b`.
    """
    named: set[str] = set()
    last = ""
    for text in as_list(as_object(expression).get("references"))[:_MOST_REFERENCES]:
        if isinstance(text, str):
            if text not in KEYS and not last.startswith((f"{text}.", f"{text}[")):
                if text in named:
                    return True
                named.add(text)
            last = text
    return any(text.partition("[")[0] in named for text in named if "[" in text)


def blocks_like(listed: Json, values: Mapping[str, Json], count: int) -> list[Expressions]:
    """Those blocks of the configuration that may be the block with `values`: no constant of theirs differs.

    The blocks of a set stand in another order in the plan than in the configuration. Where the plan has more
    of them, `count`, some come from a `dynamic` block: then a constant must be the same too.
    """
    blocks = [listed] if isinstance(listed, Mapping) else objects(listed)
    found = []
    for block in blocks[:_MOST_BLOCKS]:
        same = [
            values.get(key) == expression["constant_value"]
            for key, expression in block.items()
            if isinstance(expression, Mapping) and "constant_value" in expression
            if isinstance(values.get(key), str | int | float | bool)
        ]
        if all(same) and (same or count <= len(blocks)):
            found.append(block)
    return found
