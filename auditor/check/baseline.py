"""An earlier check, such as one of the branch that a change is for: only what it does not say is new."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import jsonschema_rs
import orjson

from auditor import files
from auditor.check.own_policies import Demanded
from auditor.check.result import CheckEntry, ReadBaseline, ReasonKey
from auditor.model.errors import UsageError
from auditor.model.verdicts import Verdict
from reports.text import clip

Json = Any

#: The most bytes that are read; a check of 10,000 resources with a finding each has about 40 MiB.
MOST_BYTES: Final = 256 << 20
_WANTED: Final = "a baseline is what `auditor check --format json` prints"
_TEXT: Final = {"type": "string"}
_ENTRY: Final = {
    "type": "object",
    "required": ["control_id", "verdict", "subject", "reasons"],
    "properties": {
        "control_id": _TEXT,
        "verdict": {"enum": [str(verdict) for verdict in Verdict]},
        "subject": {
            "type": "object",
            "required": ["type", "address", "file"],
            "properties": {"type": _TEXT, "address": _TEXT, "file": _TEXT},
        },
        "reasons": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "required": ["code"], "properties": {"code": _TEXT}},
        },
    },
}
#: What is needed of `check.schema.json`: a baseline may be of another release, which has more keys.
_SHAPE: Final[Mapping[str, Json]] = {
    "type": "object",
    "required": ["schema_version", "as_of", "policies_sha256", "entries"],
    "properties": {
        "schema_version": {"const": "1.0"},
        "as_of": _TEXT,
        "policies_sha256": _TEXT,
        "entries": {"type": "array", "items": _ENTRY},
        "old": {"type": "array", "items": _ENTRY},
    },
}


@dataclass(frozen=True, slots=True)
class Baseline:
    """How often an earlier check says each reason, with its verdict, and what was `demanded` then."""

    read: ReadBaseline
    said: Mapping[tuple[ReasonKey, Verdict], int]
    demanded: Demanded | None = None

    @classmethod
    def of(cls, file: Path) -> Self:
        """The baseline in a file that `auditor check --format json` has written.

        Raises:
            UsageError: it cannot be read, or is no such document.
        """
        document = _document(file)
        said = Counter(
            (
                ReasonKey.of(
                    entry["control_id"], subject["file"], subject["address"], subject["type"], reason["code"]
                ),
                Verdict(entry["verdict"]),
            )
            for entry in (*document["entries"], *document.get("old", ()))
            for subject in (entry["subject"],)
            for reason in entry["reasons"]
        )
        return cls(ReadBaseline(files.shown(file), document["as_of"], document["policies_sha256"]), said)

    @classmethod
    def from_entries(
        cls, read: ReadBaseline, entries: Iterable[CheckEntry], demanded: Demanded | None
    ) -> Self:
        """The baseline of a check that was made just now."""
        return cls(read, Counter((key, entry.verdict) for entry in entries for key in entry.keys), demanded)

    def split(self, entries: Sequence[CheckEntry]) -> tuple[list[CheckEntry], list[CheckEntry]]:
        """What is new, and what is old: each in the order that it had.

        An entry is old when each of its reasons was said before, as often and with the same verdict. A
        control that failed is never old: what it would have found is not known.
        """
        left = Counter(self.said)
        new, old = [], []
        for entry in entries:
            needed = Counter((key, entry.verdict) for key in entry.keys)
            if entry.verdict is not Verdict.ERROR and all(left[key] >= n for key, n in needed.items()):
                left.subtract(needed)
                old.append(entry)
            else:
                new.append(entry)
        return new, old


def _document(file: Path) -> Mapping[str, Json]:
    try:
        document: Json = orjson.loads(files.read(file, MOST_BYTES))
    except OSError as error:
        raise UsageError(f"{file}: {files.reason(error)}; name a file that can be read.") from None
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{file}:{error.lineno}: it is not JSON ({error.msg}); {_WANTED}.") from None
    fault = next(jsonschema_rs.Draft202012Validator(dict(_SHAPE)).iter_errors(document), None)
    if fault is not None:
        where = "/".join(map(str, fault.instance_path)) or "the document"
        raise UsageError(
            f"{file}: it is no result of a check ({clip(where, 100)}: {clip(fault.message, 200)}); {_WANTED}."
        )
    found: Mapping[str, Json] = document
    return found
