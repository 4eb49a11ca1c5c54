"""The instances of a plan's resources: what each will be, what is not known yet, and what becomes of it.

Source: Terraform documentation, "JSON Output Format" (format_version 1.x); OpenTofu writes the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from auditor.check.shapes import as_list, as_object, objects
from auditor.check.terraform.types import AIR_GAPPED, VAULT
from auditor.model.errors import AuditorError

Json = Any

#: Not known before the plan is applied. As a value it stands for itself, and for whatever lies below it.
UNKNOWN: Final = object()
_INDEX: Final = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[[0-9]+\]')
#: AWS's providers: nothing of the second one is judged.
_AWS: Final = re.compile(r"(?:^|/)aws(?:cc)?$")


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a managed resource that is there once the plan is applied, or that it deletes.

    `values` are those after the apply (before it, where `gone`); `unknown` has `true` where a value is not
    known, in the same shape. `index` is the key of `for_each` or the number of `count`, None without either.
    `actions` are the plan's words.
    """

    address: str
    module: str
    type: str
    name: str
    index: str | int | None
    values: Mapping[str, Json]
    unknown: Mapping[str, Json]
    before: Mapping[str, Json]
    actions: tuple[str, ...]

    @property
    def gone(self) -> bool:
        """Whether the plan deletes it."""
        return self.actions == ("delete",)

    def value(self, key: str) -> Json:
        """One attribute: None where it is absent, `UNKNOWN` where it or a part of it is not known."""
        return merged(self.values.get(key), self.unknown.get(key))


def merged(value: Json, unknown: Json) -> Json:
    """A value with `UNKNOWN` in every place that `unknown` marks."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping) and unknown:
        base = value if isinstance(value, Mapping) else {}
        return {
            key: merged(base.get(key), unknown.get(key)) for key in (*base, *(unknown.keys() - base.keys()))
        }
    if isinstance(unknown, Sequence) and not isinstance(unknown, str) and unknown:
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
        size = max(len(items), len(unknown))
        return [
            merged(
                items[place] if place < len(items) else None, unknown[place] if place < len(unknown) else None
            )
            for place in range(size)
        ]
    return value


def hides(value: Json) -> bool:
    """Whether a value, or a part of it, is not known."""
    if isinstance(value, Mapping | list):
        return any(map(hides, value.values() if isinstance(value, Mapping) else value))
    return value is UNKNOWN


def instances(document: Mapping[str, Json], file: str) -> Iterator[Instance]:
    """Every managed instance of AWS's providers; of deposed objects, only vaults that are deleted.

    What is deposed has been replaced already, but a vault has recovery points of its own.

    Where the plan does not say what changes, what it says will be there stands for that.

    Raises:
        AuditorError: an entry of `resource_changes` is not one.
    """
    changes = document.get("resource_changes")
    if not isinstance(changes, list | None):
        raise AuditorError(f"{file}: resource_changes is no list; write the plan again.")
    for entry in _planned(document) if changes is None else changes:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("change"), Mapping):
            raise AuditorError(f"{file}: an entry of resource_changes is no change; write the plan again.")
        counts = "deposed" not in entry or (
            entry.get("type") in (VAULT, AIR_GAPPED) and entry["change"].get("actions") == ["delete"]
        )
        if entry.get("mode", "managed") == "managed" and counts and of_aws(entry):
            yield _instance(entry, file)


def of_aws(entry: Mapping[str, Json]) -> bool:
    """Whether a change is of one of AWS's providers, or of another one's types that are called as theirs.

    A fork has any name; what it declares is not passed over for that.
    """
    provider = entry.get("provider_name")
    named = isinstance(provider, str) and bool(_AWS.search(provider))
    return named or str(entry.get("type")).startswith(("aws_", "awscc_"))


def missing_from(document: Mapping[str, Json], found: Sequence[Instance]) -> str:
    """Why something may be missing from the plan, "" when nothing is."""
    if document.get("errored") is True:
        return "the plan ended with an error (errored: true), so something may be missing from it"
    count = len(as_list(document.get("deferred_changes")))
    if document.get("complete") is False:
        more = f" and {count} changes are deferred" if count else ""
        return f"the plan is not complete (complete: false){more}, so something is missing from it"
    if count:
        return f"the plan defers changes ({count} in deferred_changes), so something is missing from it"
    if document.get("resource_changes") is None and found:
        return "the plan has no resource_changes, so what is deleted or not known cannot be seen in it"
    return ""


def _planned(document: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """The resources of `planned_values`, of all modules, in the form of changes that change nothing."""
    left = [as_object(as_object(document.get("planned_values")).get("root_module"))]
    while left:
        module = left.pop()
        left += objects(module.get("child_modules"))
        for entry in objects(module.get("resources")):
            values = as_object(entry.get("values"))
            change = {"actions": ["no-op"], "before": values, "after": values}
            yield {**entry, "module_address": module.get("address"), "change": change}


def prior_resources(document: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """What the state before the plan has, of all modules: with what data sources have read."""
    left = [as_object(as_object(as_object(document.get("prior_state")).get("values")).get("root_module"))]
    while left:
        module = left.pop()
        left += objects(module.get("child_modules"))
        yield from objects(module.get("resources"))


def plain(module: str) -> str:
    """The path of a module without the keys of its instances."""
    return _INDEX.sub("", module)


def _instance(entry: Mapping[str, Json], file: str) -> Instance:
    texts = [entry.get(key) for key in ("address", "type", "name")]
    change = entry["change"]
    actions = change.get("actions")
    if not all(isinstance(text, str) and text for text in texts) or not isinstance(actions, list):
        raise AuditorError(
            f"{file}: an entry of resource_changes has no address, type, name or actions; write it again."
        )
    address, kind, name = map(str, texts)
    before = as_object(change.get("before"))
    # what is deleted or only forgotten has no values afterwards
    after = before if change.get("after") is None else as_object(change.get("after"))
    index = entry.get("index")
    return Instance(
        address=f"{address} (deposed object {entry['deposed']})" if "deposed" in entry else address,
        module=str(entry.get("module_address") or ""),
        type=kind,
        name=name,
        index=index if isinstance(index, str | int) else None,
        values=after,
        unknown=as_object(change.get("after_unknown")),
        before=before,
        actions=tuple(str(action) for action in actions),
    )
