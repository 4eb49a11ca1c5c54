"""What is declared of protection apart from AWS Backup, in the rows that an audit reads of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
import pyarrow as pa

from auditor.check.declared import ALL_TAGS, Declaration, DeclaredResource, Place, Prior
from auditor.check.shapes import as_list, as_object, objects
from auditor.evaluate.native import Native
from auditor.evaluate.native_backups import SNAPSHOT
from auditor.evaluate.native_words import WORDS
from auditor.evidence.native_tables import NATIVE, NATIVE_ASKED
from auditor.evidence.table_schemas import TABLES

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

Json = Any

LIFECYCLE_POLICY: Final = "lifecycle_policy"
_NO_SNAPSHOTS: Final = "which snapshots there will be is for an audit to see"
_NO_POLICY: Final = "no policy of Data Lifecycle Manager is among the inputs"


@dataclass(frozen=True, slots=True)
class DeclaredLifecyclePolicy:
    """A policy of Data Lifecycle Manager; `document` is as the API has it, None where `fault` hides it."""

    place: Place
    declaration: Declaration
    enabled: bool
    document: Mapping[str, Json] | None
    fault: str = ""
    prior: Prior | None = None

    @property
    def row(self) -> Mapping[str, Any]:
        """Its row of `lifecycle_policies`."""
        return {
            "policy_id": self.declaration.address,
            "state": "ENABLED" if self.enabled else "DISABLED",
            "document": None if self.document is None else orjson.dumps(self.document).decode(),
        }

    @property
    def keys(self) -> frozenset[str]:
        """The keys of tags by which it chooses, or leaves out."""
        details = (self.document or policy_document({}))["PolicyDetails"]
        left_out = (details["Exclusions"]["ExcludeTags"], details["Parameters"]["ExcludeDataVolumeTags"])
        return frozenset(tag["Key"] for tags in (details["TargetTags"], *left_out) for tag in tags)


def policy_document(details: Mapping[str, Json], *, default: bool = False) -> Mapping[str, Json]:
    """What counts of a policy, as GetLifecyclePolicy has it, of its details in the API's names.

    What a template writes is no more than a text, a flag, or tags; of schedules it counts that there are any.
    """
    about, left_out = (as_object(details.get(key)) for key in ("Parameters", "Exclusions"))
    schedules = details.get("Schedules")
    return {
        "DefaultPolicy": default,
        "PolicyDetails": {
            **{key: str(details.get(key) or "") for key in ("PolicyType", "PolicyLanguage", "ResourceType")},
            **{key: [*map(str, as_list(details.get(key)))] for key in ("ResourceTypes", "ResourceLocations")},
            "TargetTags": _tags(details.get("TargetTags")),
            "Schedules": None if schedules is None else [{} for _ in as_list(schedules)],
            "Parameters": {
                "ExcludeBootVolume": _flag(about.get("ExcludeBootVolume")),
                "ExcludeDataVolumeTags": _tags(about.get("ExcludeDataVolumeTags")),
            },
            "Exclusions": {
                "ExcludeBootVolumes": _flag(left_out.get("ExcludeBootVolumes")),
                "ExcludeTags": _tags(left_out.get("ExcludeTags")),
                "ExcludeVolumeTypes": [*map(str, as_list(left_out.get("ExcludeVolumeTypes")))],
            },
        },
    }


def _flag(given: Json) -> bool:
    return str(given or "").lower() not in ("", "false")


def _tags(given: Json) -> list[dict[str, str]]:
    return [{key: str(tag.get(key, "")) for key in ("Key", "Value")} for tag in objects(given)]


def native_table(resources: Iterable[DeclaredResource], recorded: pa.Table | None = None) -> pa.Table:
    """The table `native_protection` of declared resources.

    What is `recorded` stays, where it is of another resource or its number of days is the same.
    """
    said = {(one.arn, own.kind): own for one in resources for own in one.native}
    kept = [
        row
        for row in ([] if recorded is None else recorded.to_pylist())
        for own in [said.get((row["arn"], row["kind"]))]
        if own is None or (not own.fault and own.days == row["retention_days"])
    ]
    there = {(row["arn"], row["kind"]) for row in kept}
    rows = [
        {"arn": arn, **own.row}
        for (arn, kind), own in said.items()
        if not own.fault and (arn, kind) not in there
    ]
    return pa.Table.from_pylist([*kept, *rows], schema=TABLES[NATIVE])


class DeclaredNative(Native):
    """What inputs tell of the resources of one account and Region; what they do not tell is named."""

    def __init__(
        self,
        inventory: "Inventory",
        resources: Sequence[DeclaredResource],
        policies: Sequence[DeclaredLifecyclePolicy],
    ) -> None:
        super().__init__(inventory, [one.row for one in policies] or None)
        self._resources, self._declared = resources, policies
        self._keys = frozenset[str]().union(*(one.keys for one in policies))

    @property
    def backups(self) -> None:
        """No input tells which backups there are."""

    def tags_of(self, index: int) -> Mapping[str, str] | None:
        """The tags of a resource; None where one that is not known may decide about a policy."""
        one = self._resources[index]
        hidden = ALL_TAGS in one.unknown_tags or not self._keys.isdisjoint(one.unknown_tags)
        return None if hidden else one.tags

    def gaps(self, kind: str, word: str) -> tuple[str, ...]:
        """Ids of the gaps that say why it is not told of some resources."""
        scope = self.inventory.scope
        missing = scope.missing(NATIVE_ASKED.get(kind, NATIVE))
        hidden = [
            f"{one.declaration.address}: {own.fault}"
            for one in self._resources
            for own in one.native
            if own.kind == kind and own.fault
        ]
        if kind == LIFECYCLE_POLICY:
            hidden += [f"{one.declaration.address}: {one.fault}" for one in self._declared if one.fault]
            hidden += [] if self._declared else [_NO_POLICY]
        hidden += [_NO_SNAPSHOTS] if kind == SNAPSHOT else []
        if missing or not hidden:
            return super().gaps(kind, word)
        more = f"; and of {len(hidden) - 1} more" if hidden[1:] else ""
        said = f"Whether resources of {scope.account.account_id} in {scope.region} have {WORDS[kind]}: "
        return (scope.unknown("check", "NotDeclared", f"{NATIVE} {kind}", f"{said}{hidden[0]}{more}"),)
