"""The controls' answers for frames of subjects: each distinct projection is asked once in a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from auditor.evaluate.check import FactSchema
from auditor.evaluate.facts import Frame, Json, Lazy, Projection, project
from auditor.model.policy import Control, demands
from auditor.rego.engine import Answer, Engine

_CACHE_LIMIT: Final = 200_000
_TIER: Final = "tier"


@dataclass(frozen=True, slots=True)
class Answered:
    """One control over one frame.

    Subject i has `answers[projection.inverse[i]]`, or a gap (`projection.gap[i]`). `idle` are those whose
    tier demands nothing that the control judges, so that whatever else is not known matters not.
    """

    control: Control
    frame: Frame
    projection: Projection
    answers: Sequence[Answer]
    idle: NDArray[np.bool_] | None = None


@dataclass(slots=True)
class Asker:
    """Asks one engine, remembers its answers, and refuses facts that are not as their schema says.

    `schemas` are the fact schemas by subject type; `as_of` is RFC 3339 in UTC.
    """

    engine: Engine
    schemas: Mapping[str, Mapping[str, Any]]
    as_of: str
    _checks: dict[str, FactSchema] = field(default_factory=dict)
    _answers: dict[str, dict[bytes, Answer]] = field(default_factory=dict)

    def ask(self, control: Control, frame: Frame) -> Answered:
        """The answers of `control` for every subject of `frame`."""
        check = self._checks.setdefault(frame.subject, FactSchema(self.schemas[frame.subject]))
        projection = project(frame, control.reads, self.as_of, check)
        known = self._answers.setdefault(control.package, {})
        if len(known) > _CACHE_LIMIT:
            known.clear()
        keys = [_key(item) for item in projection.inputs]
        new = {
            key: item
            for number, (key, item) in enumerate(zip(keys, projection.inputs, strict=True))
            if key not in known and number not in projection.faults
        }
        known.update(
            zip(new, self.engine.ask(control.package, list(new.values())) if new else (), strict=True)
        )
        answers = [
            Answer(error=projection.faults[number]) if number in projection.faults else known[key]
            for number, key in enumerate(keys)
        ]
        return Answered(control, frame, projection, answers, _idle(control, frame))


def _idle(control: Control, frame: Frame) -> NDArray[np.bool_] | None:
    """A tier that is not known is one of those that the fact can have: idle where all of these are."""
    held = frame.facts.get(_TIER) if control.demanded_by else None
    if held is None:
        return None
    column = held.column() if isinstance(held, Lazy) else held
    lacking = [not demands(tier, control.demanded_by) for tier in column.values]
    found: NDArray[np.bool_] = np.array([*lacking, bool(lacking) and all(lacking)], bool)[column.codes]
    return found


def _key(document: Json) -> bytes:
    """An input's hash: its JSON would take kilobytes each, as orjson keeps its buffer."""
    return blake2b(orjson.dumps(document, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
