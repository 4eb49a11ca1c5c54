"""Where the files of a run are, and the manifest that makes a folder a run.

    <run>/manifest.json                                  written last: a folder without it is not a run
    <run>/evidence/<table>.parquet                       tables of the organization
    <run>/evidence/<account>/<region>/<table>.parquet    tables of one account and Region

The manifest holds the metadata of the run, the account-Regions that were read (also where every table is
empty), and the SHA-256 and row count of each file. Evidence is never changed once it is written: verdicts and
reports are put beside the `evidence` folder and do not belong to it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self

import jsonschema_rs
import orjson

from auditor.evidence.table_schemas import ASIDE, ORGANIZATION, PARTITIONED
from auditor.model.errors import AuditorError

MANIFEST: Final = "manifest.json"
EVIDENCE: Final = "evidence"

#: The manifest's own version. A reader refuses any other.
VERSION: Final = 8

#: Tables of one account and Region.
_OF_A_PLACE: Final = frozenset(PARTITIONED) | frozenset(ASIDE)

_FILE: Final = re.compile(r"evidence/(?:(\d{12})/([a-z0-9-]+)/)?([a-z_]+)\.parquet")


_FILES: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["sha256", "size", "rows"],
        "additionalProperties": False,
        "properties": {
            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "size": {"type": "integer", "minimum": 0},
            "rows": {"type": "integer", "minimum": 0},
        },
    },
}
#: What a manifest of this version is; its metadata are checked where they are used (`metadata.py`).
_SHAPE: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["version", "metadata", "partitions", "files"],
    "properties": {
        "metadata": {"type": "object"},
        "partitions": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "array",
                "prefixItems": [
                    {"type": "string", "pattern": "^[0-9]{12}$"},
                    {"type": "string", "pattern": "^[a-z0-9-]+$"},
                ],
                "minItems": 2,
                "maxItems": 2,
            },
        },
        "files": _FILES,
    },
}


def file_name(table: str, account_id: str = "", region: str = "") -> str:
    """Name the file of a table, relative to the run; raises `ValueError` where there is no such table."""
    if table not in (_OF_A_PLACE if account_id else ORGANIZATION):
        raise ValueError(f"There is no table {table!r} for account {account_id!r}.")
    folder = f"{account_id}/{region}/" if account_id else ""
    return f"{EVIDENCE}/{folder}{table}.parquet"


def is_evidence(name: str) -> bool:
    """Say whether `name` is the name of an evidence file: no other path is read, whatever a manifest says."""
    match = _FILE.fullmatch(name)
    return match is not None and match[3] in (_OF_A_PLACE if match[1] else ORGANIZATION)


@dataclass(frozen=True, slots=True)
class File:
    """One evidence file: its hash (hexadecimal SHA-256), its size in bytes and its rows."""

    sha256: str
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a run consists of. Its bytes depend on nothing but its fields."""

    metadata: Mapping[str, Any]
    partitions: tuple[tuple[str, str], ...]
    files: Mapping[str, File]

    def to_bytes(self) -> bytes:
        """Write it as JSON: sorted keys, two spaces, a final newline."""
        document = {
            "version": VERSION,
            "metadata": dict(self.metadata),
            "partitions": [list(partition) for partition in sorted(self.partitions)],
            "files": {
                name: {"sha256": file.sha256, "size": file.size, "rows": file.rows}
                for name, file in self.files.items()
            },
        }
        options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
        return orjson.dumps(document, option=options)

    @classmethod
    def from_bytes(cls, data: bytes, where: object) -> Self:
        """Read it; raises `AuditorError`, naming `where`, when it is not a manifest of this version."""
        try:
            document = orjson.loads(data)
            version = document["version"]
        except (ValueError, TypeError, KeyError):
            document, version = None, VERSION
        if version == VERSION:
            if not _validator().is_valid(document):
                raise AuditorError(f"{where} is not a manifest of a run; collect the evidence again.")
            return cls(
                metadata=document["metadata"],
                partitions=tuple((account, region) for account, region in document["partitions"]),
                files={name: File(**file) for name, file in document["files"].items()},
            )
        raise AuditorError(
            f"{where} is of version {version} and this release reads version {VERSION}; use the release that "
            "wrote it."
        )


def digests_of(said: Any) -> dict[str, str]:
    """The SHA-256 of each file that a manifest of any version names; raises `ValueError` for no files."""
    if not _files_validator().is_valid(said):
        raise ValueError("no files of a manifest")
    return {name: one["sha256"] for name, one in said.items()}


@cache
def _files_validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(_FILES))


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(_SHAPE))
