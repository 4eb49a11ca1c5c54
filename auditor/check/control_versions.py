"""A version of controls, and the facts that two versions judge."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auditor.evaluate.facts import Frame
from auditor.model.policy import Control

Json = Any


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of subjects that controls are asked about at a moment; `named` says which one subject `i` is."""

    frame: Frame
    moment: str
    named: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class FactsOf:
    """Facts of the other inputs and of a run, made when they are asked for, as of a time."""

    as_of: datetime
    made: Callable[[], Iterable[Facts]]


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls of policies by id, and their Rego files by path below the policies folder.

    `rego` has the tests too, `data` is what Rego sees beside it, and `frameworks` are their texts by path.
    """

    by_id: Mapping[str, Control]
    modules: Mapping[str, str]
    rego: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Json] = field(default_factory=dict)
    frameworks: Mapping[str, str] = field(default_factory=dict)
