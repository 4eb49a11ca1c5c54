"""At which moments a control can be asked, by the rows of the facts that it reads.

Before the merge nothing has run: there are no jobs, recovery points or copies, only what is declared. A fact
is known then if all tables that it is made of can be declared, leaving out those that only settle what
declarations leave open, or add to what they say (`settled_by`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Json = Mapping[str, Any]

#: The moment of `auditor check`.
CHECK: Final = "check"
#: The moment of `auditor audit`.
AUDIT: Final = "audit"
#: The subjects that one moment does not have.
WITHOUT: Final[Mapping[str, frozenset[str]]] = {
    AUDIT: frozenset(("bucket", "change", "organization_policy", "quota", "role", "selection")),
    CHECK: frozenset(("account", "attestation", "organization", "recovery_point", "run", "waiver")),
}
#: The tables of the evidence whose rows can be declared before anything exists.
DECLARED: Final = frozenset(
    (
        "accounts",
        "resources",
        "native_protection",
        "native_protection.point_in_time_recovery",
        "native_protection.versioning",
        "native_protection.versions_kept",
        "native_protection.object_lock",
        "native_protection.replication",
        "lifecycle_policies",
        "backup_plans",
        "backup_selections",
        "backup_vaults",
        "vault_policies",
        "keys",
        "region_settings",
    )
)


def only_recorded(schema: Json, path: str) -> list[str]:
    """The tables that the fact at `path` needs and that only an audit knows, sorted; `schema` is whole."""
    made_of: Sequence[str] = schema.get("made_of", ())
    settled_by: Sequence[str] = schema.get("settled_by", ())
    for key in path.split("."):
        schema = schema["properties"][key]
        if "made_of" in schema:
            made_of, settled_by = schema["made_of"], ()
        settled_by = schema.get("settled_by", settled_by)
    found = set(made_of).difference(settled_by).union(*_below(schema))
    return sorted(found - DECLARED)


def _below(schema: Json) -> Iterator[set[str]]:
    for inner in schema.get("properties", {}).values():
        if "made_of" in inner:
            yield set(inner["made_of"]).difference(inner.get("settled_by", ()))
        yield from _below(inner)
