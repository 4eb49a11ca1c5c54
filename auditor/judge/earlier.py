"""What an earlier run in the same folder says of causes: when each was first seen.

<run>/causes.parquet    a row for each cause, the worst first; the document has the first of them

An earlier run counts where its files belong together and it was asked for the same accounts and Regions. One
that does not is named, and the next earlier one is looked at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from auditor import files
from auditor.catalogue.responses import Responses
from auditor.evaluate.arrow import numbers, texts
from auditor.evidence.earlier_runs import folders, has_manifest
from auditor.evidence.layout import MANIFEST
from auditor.judge.written import written
from reports.document import MAX_CAUSES, AuditDocument, DocumentError, from_json

CAUSES: Final = "causes.parquet"
_DOCUMENT: Final = "document.json"
#: Earlier runs that do not count and are looked at, the newest first.
_MOST: Final = 20
_ASKED: Final = ("accounts", "regions")

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Earlier:
    """The earlier run that counts: its id and time ("" where there is none), and what it saw first when.

    `notes` say which runs do not count, and why.
    """

    run_id: str = ""
    as_of: str = ""
    first_seen: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


class Unfit(Exception):  # noqa: N818 - an answer: the run does not count, and why
    """Why an earlier run does not count, as the end of a sentence."""


def earlier(
    run: Path, as_of: str, provenance: Mapping[str, Any], before: AuditDocument | None = None
) -> Earlier:
    """The newest run beside `run` that was judged as of an earlier time and counts.

    `provenance` is this run's part of its document. `before` is what it was judged to be before: where no
    other run counts now, as beside a copy, it keeps the earlier run that it had.
    """
    notes: list[str] = []
    for found, seen in fitting(run, as_of, lambda other, its: _first_seen(other, its, provenance), notes):
        return Earlier(found.run.id, found.run.as_of, seen, tuple(notes))
    return _kept(run, before, provenance, notes) or Earlier(notes=tuple(notes))


def fitting(
    run: Path,
    as_of: str,
    part: Callable[[Path, AuditDocument], Part],
    notes: list[str],
    most: int | None = None,
) -> Iterator[tuple[AuditDocument, Part]]:
    """Yield the documents of the runs beside `run` that were judged as of an earlier time, the newest first.

    `part` takes from each what is wanted of it, and raises `Unfit` where the run does not count. `notes`
    takes a sentence for each of these, and one where older runs were not looked at: after `most` that count,
    or 20 that do not. Of runs as of the same time the newest one counts.
    """
    times: set[datetime] = set()
    others = other_runs(run.resolve())
    for number, other in enumerate(others):
        if len(times) == most or len(notes) == _MOST:
            notes.append(f"Earlier runs were not looked at: {len(others) - number}, the newest {other.name}.")
            return
        try:
            found = read_judged(other)
            time = datetime.fromisoformat(found.run.as_of)
            if time >= datetime.fromisoformat(as_of) or time in times:
                continue
            given = part(other, found)
        except Unfit as why:
            notes.append(f"The run {other.name} does not count: {why}.")
            continue
        times.add(time)
        yield found, given


def _kept(
    run: Path, before: AuditDocument | None, provenance: Mapping[str, Any], notes: Sequence[str]
) -> Earlier | None:
    """What the own document of a run said of an earlier one; None where that cannot be relied on.

    `notes` on what lies beside it now come first; one that was said before is said once.
    """
    said = before.causes.get("earlier", {}) if before else {}
    if before is None or not said.get("run_id"):
        return None
    try:
        seen = _first_seen(run, before, provenance)
    except Unfit:
        return None
    return Earlier(said["run_id"], said["as_of"], seen, tuple(dict.fromkeys([*notes, *said["notes"]])))


def other_runs(run: Path) -> list[Path]:
    """The run folders beside one, without the link to the latest one, the newest first."""
    found = (one for one in folders(run.parent) if one != run and has_manifest(one))
    return sorted(found, key=_name, reverse=True)


def _name(run: Path) -> str:
    return run.name


def read_judged(run: Path) -> AuditDocument:
    """The document of another run, which is that of its evidence.

    Raises:
        Unfit: there is none, or it cannot be relied on.
    """
    try:
        found = from_json(files.read(run / _DOCUMENT))
        manifest = sha256(files.read(run / MANIFEST)).hexdigest()
    except FileNotFoundError:
        raise Unfit("it was not judged") from None
    except (OSError, DocumentError):
        raise Unfit(f"its {_DOCUMENT} cannot be read") from None
    if found.run.id != run.name or found.run.evidence_sha256 != manifest:
        raise Unfit(f"its {_DOCUMENT} is that of other evidence")
    return found


def _asked_for(provenance: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a run was asked for: the organization or the caller's account, accounts and Regions."""
    collected = provenance["collected"]
    whose = collected.get("organization") or collected.get("caller") or {}
    given = {one["name"]: one["value"] for one in provenance["settings"] if one["name"] in _ASKED}
    return whose.get("id") or whose.get("account_id"), *(given.get(name) for name in _ASKED)


def check_asked(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Raise `Unfit` where two runs were not asked for the same."""
    if not theirs:
        raise Unfit("it does not say for which accounts and Regions it was asked")
    if not ours:
        raise Unfit("this run does not say for which accounts and Regions it was asked")
    if _asked_for(theirs) != _asked_for(ours):
        raise Unfit("it was asked for other accounts or Regions")
    if _framework(theirs) != _framework(ours):
        raise Unfit("it was judged for another framework")


def _framework(provenance: Mapping[str, Any]) -> str:
    """The framework that a run was judged for; "" for none."""
    named = (one["value"] for one in provenance["settings"] if one["name"] == "framework")
    return str(next(named, ""))


def _first_seen(run: Path, found: AuditDocument, provenance: Mapping[str, Any]) -> Mapping[str, str]:
    """When each cause of an earlier run was first seen, by id; no later than that run."""
    check_asked(found.provenance, provenance)
    if not found.causes:
        raise Unfit("it was judged by a release that names no causes")
    try:
        if files.digest(run / CAUSES) != found.causes["sha256"]:
            raise Unfit(f"its {CAUSES} is not that of its document")
        table = pq.read_table(run / CAUSES, columns=["id", "first_seen"])
    except (OSError, pa.ArrowException):
        raise Unfit(f"its {CAUSES} cannot be read") from None
    return dict(zip(table["id"].to_pylist(), table["first_seen"].to_pylist(), strict=True))


def causes_part(
    run: Path, entries: Sequence[Mapping[str, Any]], before: Earlier, responses: Responses
) -> dict[str, Any]:
    """The part `causes` of the document, with what was answered to them; all of them are written to `run`.

    Raises:
        AuditorError: the file cannot be written.
    """
    with written(run / CAUSES) as file:
        _write(file, entries)
    found = {one["id"] for one in entries}
    return {
        "file": CAUSES,
        "rows": len(entries),
        "sha256": files.digest(run / CAUSES),
        "earlier": {"run_id": before.run_id, "as_of": before.as_of, "notes": list(before.notes)},
        "shown": list(entries[:MAX_CAUSES]),
        "responses": [
            {
                "cause": one.cause,
                "response": one.response,
                "owner": one.owner,
                "due": f"{one.due}",
                "found": one.cause in found,
            }
            for one in responses.entries
        ],
    }


def _write(file: BinaryIO, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write a row for each cause: numbers and text as they are, what is made of parts as JSON."""
    names = ("id", "control_id", "code", "severity", "verdict", "first_seen")
    counts = ("findings", "accounts", "regions", "owners")
    parts = ("verdicts", "kinds", "cause", "largest", "by_owner", "example")
    columns: dict[str, Any] = {name: texts(one[name] for one in entries) for name in names}
    columns |= {name: numbers(np.array([one[name] for one in entries], np.int64)) for name in counts}
    columns["owners_counted"] = numbers(np.array([one["owners_counted"] for one in entries], bool))
    columns |= {name: texts(orjson.dumps(one[name]).decode() for one in entries) for name in parts}
    pq.write_table(pa.table(columns), file, compression="zstd")
