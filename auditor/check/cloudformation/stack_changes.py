"""The entries of a change set of CloudFormation: what becomes of each resource of a stack that changes.

Source: API reference of CloudFormation, DescribeChangeSet, ResourceChange.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from auditor.check.cloudformation.identities import AIR_GAPPED, KEYS, SELECTION, VAULT
from auditor.check.shapes import as_list, as_object, deeper
from auditor.model.errors import AuditorError
from reports.text import clip

Json = Any

_MOST_DEEP: Final = 100
#: Of all properties together, which are texts of JSON within the file.
_MOST_CONTAINERS: Final = 2_000_000
#: The action that changes properties of what is there.
MODIFY: Final = "Modify"
#: What is known of a resource only when the change set is executed.
_DYNAMIC: Final = "Dynamic"


@dataclass(frozen=True, slots=True)
class StackChange:
    """What becomes of one resource.

    `before` and `after` are its properties, None where the change set does not have them. `retained` says
    that AWS keeps what the stack deletes or replaces.
    """

    logical: str
    kind: str
    physical: str
    action: str
    replacement: str
    retained: bool
    before: Mapping[str, Json] | None
    after: Mapping[str, Json] | None

    @property
    def gone(self) -> bool:
        """Whether the stack has it no more."""
        return self.action == "Remove"

    @property
    def takes_away(self) -> bool:
        """Whether what was there is surely deleted; of what is replaced, a vault, a selection or a key."""
        replaced = self.replacement == "True" and self.kind in (VAULT, AIR_GAPPED, SELECTION, *KEYS)
        return (self.gone or replaced) and not self.retained

    @property
    def stays(self) -> bool:
        """Whether it surely keeps the id that it has."""
        return self.action not in ("Add", _DYNAMIC) and self.replacement in ("", "False")

    @property
    def fate(self) -> tuple[str, str]:
        """Whether it is deleted or replaced, "" for neither, and why that is not known, "" where it is."""
        if self.retained:
            return "", ""
        if self.gone:
            return "deleted", ""
        if self.action == _DYNAMIC:
            return "deleted", "what becomes of it is known only when the change set is executed"
        if self.replacement == "Conditional":
            return "replaced", "whether it is replaced is known only when the change set is executed"
        return "replaced" if self.replacement == "True" else "", ""


def stack_changes(document: Mapping[str, Json], file: str) -> Iterator[StackChange]:
    """Each resource that changes.

    Raises:
        AuditorError: an entry is not as the API says, or has more in it than is read.
    """
    left = _MOST_CONTAINERS
    for number, entry in enumerate(as_list(document.get("Changes")), 1):
        if as_object(entry).get("Type", "Resource") != "Resource":
            continue
        change = as_object(as_object(entry).get("ResourceChange"))
        texts = [change.get(key) for key in ("LogicalResourceId", "ResourceType", "Action")]
        if not all(isinstance(text, str) and text for text in texts):
            raise AuditorError(
                f"{file}: entry {number} of Changes has no LogicalResourceId, ResourceType or Action; "
                "write the change set again."
            )
        logical, kind, action = map(str, texts)
        contexts = [change.get(key) for key in ("BeforeContext", "AfterContext")]
        left -= sum(text.count("{") + text.count("[") for text in contexts if isinstance(text, str))
        if left < 0:
            raise AuditorError(f"{file}: it has more than {_MOST_CONTAINERS:,} lists and objects.")
        before, after = (_properties(text, logical, file) for text in contexts)
        yield StackChange(
            logical=logical,
            kind=kind,
            physical=_text(change.get("PhysicalResourceId")),
            action=action,
            replacement=_text(change.get("Replacement")),
            retained=_text(change.get("PolicyAction")) in ("Retain", "ReplaceAndRetain"),
            before=before,
            after=after,
        )


def _properties(context: Json, logical: str, file: str) -> Mapping[str, Json] | None:
    """The properties in a context, None where there is no context."""
    if context is None:
        return None
    try:
        found = orjson.loads(context)
    except (orjson.JSONDecodeError, TypeError):
        found = None
    if not isinstance(found, dict) or deeper(found, _MOST_DEEP):
        raise AuditorError(
            f"{file}: the properties of {clip(logical, 100)} are no JSON that is read; write the change set "
            "again with --include-property-values."
        )
    return as_object(found.get("Properties"))


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
