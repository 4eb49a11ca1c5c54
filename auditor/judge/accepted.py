"""What waivers and attestations cover. What is not known of a subject (tags, units) covers nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import flags
from auditor.evaluate.facts import Frame
from auditor.model.arn import pattern_of
from auditor.model.verdicts import Attestation, Waiver

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


def accepted(
    waivers: Sequence[Waiver], frame: Frame, rows: Rows
) -> tuple[dict[int, Waiver], Mapping[Waiver, int]]:
    """The waiver of each of the findings `rows` that one covers, and how many of them each may cover.

    `waivers` are those of the control that have not expired. Of several that cover a finding, the first
    counts; one that only may cover it waives nothing, and may cover none that one before it covers.
    """
    covered: dict[int, Waiver] = {}
    undecided: Counter[Waiver] = Counter()
    for waiver in waivers:
        if not len(rows):
            break
        sure, open_ = coverage(waiver, frame, rows)
        if open_.any():
            undecided[waiver] += int(open_.sum())
        covered |= dict.fromkeys(rows[sure].tolist(), waiver)
        rows = rows[~sure]
    return covered, undecided


def attested(attestations: Sequence[Attestation], frame: Frame, rows: Rows) -> dict[int, Attestation]:
    """The attestation of each of `rows` that one surely covers; of several the first."""
    found: dict[int, Attestation] = {}
    for one in attestations:
        sure, _ = coverage(one, frame, rows)
        found |= dict.fromkeys(rows[sure].tolist(), one)
        rows = rows[~sure]
    return found


def coverage(waiver: Waiver | Attestation, frame: Frame, rows: Rows) -> tuple[Mask, Mask]:
    """Which of `rows` one surely covers, and of which that is not known, whatever its control."""
    none = np.zeros(len(rows), bool)
    in_unit = _in_unit(waiver, frame)
    if waiver.account not in ("", frame.account_id) or in_unit is False:
        return none, none
    named = _named(waiver.subject, frame, rows)
    sure, open_ = (none, named) if in_unit is None else (named, none)
    if waiver.tag is None:
        return sure, open_
    tagged = [_has_tag(waiver.tag, frame, row) if held else False for row, held in _pairs(rows, named)]
    has = np.array([one is True for one in tagged], bool)
    unknown = np.array([one is None for one in tagged], bool)
    return sure & has, (open_ & has) | (named & unknown)


def _in_unit(waiver: Waiver | Attestation, frame: Frame) -> bool | None:
    """Whether the account lies where the waiver says; None where that is not known."""
    if not waiver.organizational_unit:
        return True
    return None if frame.units is None else waiver.organizational_unit in frame.units


def _named(subject: str, frame: Frame, rows: Rows) -> Mask:
    if not subject:
        return np.ones(len(rows), bool)
    arns = frame.arn.take(numbers(rows))
    return flags(pc.match_substring_regex(arns, pattern_of(subject)))


def _pairs(rows: Rows, named: Mask) -> list[tuple[int, bool]]:
    return list(zip(rows.tolist(), named.tolist(), strict=True))


def _has_tag(tag: tuple[str, str], frame: Frame, row: int) -> bool | None:
    return None if frame.has_tag is None else frame.has_tag(row, *tag)
