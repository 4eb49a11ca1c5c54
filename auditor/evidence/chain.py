"""The chain of runs: what a run's manifest says of the runs before it, by their digests.

A manifest names every earlier run of its folder, with the SHA-256 of that run's `manifest.json`, which stands
for the whole evidence of it. A run that an earlier one has named keeps the digest that it was named by first,
so a run that is gone, or was changed, does not hide what lies before it. `document.json` is named too, but a
run may be judged again: another digest of it is no change of evidence.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Literal, Self, get_args

import jsonschema_rs

#: How an earlier run was found: as it was named; its manifest or evidence is another; its folder is gone; its
#: manifest cannot be read; it was not looked at, as the manifests are too many bytes.
State = Literal["as_named", "changed", "gone", "unread", "not_read"]
#: What names a run of which nothing but the link to the newest one is left.
LINK: Final = "latest"

_ID: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)(?:-[0-9a-z]{1,32})?", re.ASCII)
_DIGEST: Final = "^[0-9a-f]{64}$"


def is_run_id(name: str) -> bool:
    """Whether a name is that of a run, which begins with its time."""
    return begun_at(name) is not None


def begun_at(run_id: str) -> datetime | None:
    """When a run was collected, UTC, by its id; None where that is none."""
    match = _ID.fullmatch(run_id)
    try:
        return match and datetime.strptime(match[1], "%Y-%m-%dT%H-%M-%SZ").replace(tzinfo=UTC)
    except ValueError:  # there is no such day
        return None


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file of a run that is not as it was named, by its name in the run.

    `named` is None of one that no manifest names, `found` of one that is not there or was not read.
    """

    file: str
    named: str | None = None
    found: str | None = None


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """What is known of an earlier run.

    Args:
        run_id: its id.
        state: how it was found.
        named_by: the run whose manifest named it first, `LINK`, or "" where nothing named it before.
        manifest_sha256: the digest by which it is named; None where none is known.
        document_sha256: that of its `document.json` when it was named first; None where it was not judged.
        looked_at: whether its evidence files were compared with its manifest.
        other: the files that are not as they were named, at most `MOST_FILES`, of `others`.
        unlinked: whether nothing but its own manifest could say what was before it, and that does not.
        why: why something of it cannot be read, to finish a sentence; "" where nothing is wrong.
    """

    run_id: str
    state: State = "as_named"
    named_by: str = ""
    manifest_sha256: str | None = None
    document_sha256: str | None = None
    looked_at: bool = False
    other: tuple[OtherFile, ...] = ()
    others: int = 0
    unlinked: bool = False
    why: str = ""

    @property
    def compared(self) -> bool:
        """Whether something of it was compared with what was said of it before."""
        return self.state == "changed" or self.looked_at or (self.state == "as_named" and self.named_by != "")

    def told(self) -> dict[str, Any]:
        """Make it the entry of a manifest: what is not as by default."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        said["other"] = [{"file": one.file, "named": one.named, "found": one.found} for one in self.other]
        return {name: value for name, value in said.items() if value or name in ("run_id", "state")}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Read the entry of a manifest, which is as `is_chain` has it."""
        return cls(**{**said, "other": tuple(OtherFile(**one) for one in said.get("other", ()))})


#: Files of one run that are named one by one.
MOST_FILES: Final = 10


@dataclass(frozen=True, slots=True)
class Chain:
    """The runs before one, the newest first, and what of them is not known.

    `older` counts those before the ones that are listed, `notes` are sentences on what could not be listed.
    """

    runs: Sequence[EarlierRun] = ()
    older: int = 0
    notes: Sequence[str] = ()

    @property
    def first(self) -> bool:
        """Whether it is known that there was none before."""
        return not (self.runs or self.older or self.notes)

    @property
    def previous(self) -> EarlierRun | None:
        """The newest of those that are there."""
        return next((one for one in self.runs if one.state != "gone"), None)

    def told(self) -> dict[str, Any]:
        """Make it the part `chain` of a manifest."""
        before = self.previous
        return {
            "first": self.first,
            "previous": before
            and {
                "run_id": before.run_id,
                "manifest_sha256": before.manifest_sha256,
                "document_sha256": before.document_sha256,
            },
            "runs": [one.told() for one in self.runs],
            "older": self.older,
            "notes": list(self.notes),
        }

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Read the part `chain` of a manifest, which is as `is_chain` has it."""
        return cls(tuple(EarlierRun.of(one) for one in said["runs"]), said["older"], tuple(said["notes"]))


def is_chain(said: object) -> bool:
    """Whether the part `chain` of a manifest is one."""
    return bool(_validator().is_valid(said))


_PERHAPS: Final = {"type": ["string", "null"], "pattern": _DIGEST}
_TEXT: Final = {"type": "string"}
_RUN_ID: Final = {"type": "string", "pattern": f"^{_ID.pattern}$"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_FILE: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["file", "named", "found"],
    "properties": {"file": _TEXT, "named": _PERHAPS, "found": _PERHAPS},
    "additionalProperties": False,
}
_ENTRY: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["run_id", "state"],
    "properties": {
        "run_id": _RUN_ID,
        "state": {"enum": list(get_args(State))},
        "named_by": {"anyOf": [_RUN_ID, {"enum": ["", LINK]}]},
        "manifest_sha256": _PERHAPS,
        "document_sha256": _PERHAPS,
        "looked_at": {"type": "boolean"},
        "other": {"type": "array", "items": _FILE, "maxItems": MOST_FILES},
        "others": _COUNT,
        "unlinked": {"type": "boolean"},
        "why": _TEXT,
    },
    "additionalProperties": False,
    "if": {"properties": {"state": {"const": "changed"}}},
    "then": {"required": ["other", "others"], "properties": {"other": {"minItems": 1}}},
}
_CHAIN: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["first", "previous", "runs", "older", "notes"],
    "properties": {
        "first": {"type": "boolean"},
        "previous": {
            "type": ["object", "null"],
            "required": ["run_id", "manifest_sha256", "document_sha256"],
            "properties": {"run_id": _RUN_ID, "manifest_sha256": _PERHAPS, "document_sha256": _PERHAPS},
            "additionalProperties": False,
        },
        "runs": {"type": "array", "items": _ENTRY},
        "older": _COUNT,
        "notes": {"type": "array", "items": _TEXT},
    },
    "additionalProperties": False,
}


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(_CHAIN))
