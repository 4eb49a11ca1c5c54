"""The interface of a Rego engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Json = Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A control's three rules for one subject. A rule that is undefined, or not `true`, is False.

    A control that is not applicable is not asked the other two. `non_compliant` is the set in a stable order
    (of its canonical JSON). `error` is set, and everything else empty, when this subject's evaluation failed.
    """

    applicable: bool = False
    compliant: bool = False
    non_compliant: tuple[Mapping[str, Json], ...] = ()
    error: str | None = None


class Engine(Protocol):
    """An engine with one set of modules and data loaded. Both implementations give the same answers."""

    def ask(self, package: str, inputs: Sequence[Json]) -> list[Answer]:
        """The answers of the control `package`, e.g. "controls.coverage.selected", for `inputs`, in order.

        They are asked in batches, never with one request for each subject. When the evaluation of one subject
        fails, its answer has an `error`; a failure of the engine itself raises `EngineError`.
        """

    def query(self, rule: str, document: Json) -> Json:
        """The value of `rule`, e.g. "data.organization.desired", for an input; None when undefined."""

    def version(self) -> str:
        """What evaluates, with its version, in a few words."""

    def close(self) -> None:
        """Free what the engine holds (processes, connections)."""
