"""The file of attestations: what persons say of what AWS's data cannot tell, each checked.

An attestation changes no verdict: what a control could not judge stays unknown, and is told as attested.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from auditor.catalogue.entries import check_words, day_of
from auditor.catalogue.said import read_said
from auditor.catalogue.waivers import check_scope
from auditor.model.errors import UsageError
from auditor.model.policy import Control
from auditor.model.verdicts import Attestation
from auditor.yaml_files.document import Document

_SAID: Final = {
    "statement": "what is so",
    "attested_by": "who says it",
    "evidence": "where the proof of it lies",
}


@dataclass(frozen=True, slots=True)
class Attestations:
    """The attestations of a file in its order, the file's bytes, and their digest; nothing without a file."""

    entries: tuple[Attestation, ...] = ()
    data: bytes = b""
    sha256: str | None = None


def load_attestations(
    path: Path | None, controls: Iterable[Control], max_days: int | None = None
) -> Attestations:
    """Read a file of attestations (schemas/attestations.json); without one there are none.

    Refused are those of a control that is not among `controls` or not `attestable`, those that do not say
    what they cover, as waivers are (`check_scope`), and those that end more than `max_days` after the day on
    which they were said. One that has expired is kept, and counts no more.

    Raises:
        UsageError: naming the file and the line.
    """
    if path is None:
        return Attestations()
    document, data, digest = read_said(path, "attestations")
    known = {control.id: control for control in controls}
    numbers = range(len(document.value["attestations"]))
    entries = tuple(_attestation(document, number, known, max_days) for number in numbers)
    return Attestations(entries, data, digest)


def _attestation(
    document: Document, number: int, known: Mapping[str, Control], max_days: int | None
) -> Attestation:
    entry = document.value["attestations"][number]
    control = known.get(entry["control_id"])

    def wrong(key: str, what: str) -> UsageError:
        return document.error(["attestations", number, key], what)

    if control is None:
        what = f"there is no control {entry['control_id']}; `auditor policy list` shows them."
        raise wrong("control_id", what)
    if not control.attestable:
        ids = ", ".join(sorted(one.id for one in known.values() if one.attestable)) or "none"
        what = f"AWS's data can tell what {control.id} asks, so nobody attests it; these can be: {ids}."
        raise wrong("control_id", what)
    check_scope(entry, str(control.subject), wrong)
    check_words(entry, _SAID, wrong)
    first, last = day_of(entry, "attested_on", wrong), day_of(entry, "expires", wrong)
    if last < first:
        raise wrong("expires", f"it ends before it was said; write a day from {first} on.")
    if max_days is not None and (last - first).days > max_days:
        raise wrong(
            "expires",
            f"it ends more than {max_days} days after {first}, when it was said (the setting "
            f"max_attestation_days); write {first + timedelta(days=max_days)} at the latest.",
        )
    return Attestation.of(entry)
