"""The seam to a Rego engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Json = Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A control's three rules for one subject. A rule that is undefined, or not `true`, is False.

    `non_compliant` is the set in a stable order (by its canonical JSON). `error` is set, and everything else empty,
    when the evaluation of this subject failed.
    """

    applicable: bool = False
    compliant: bool = False
    non_compliant: tuple[Mapping[str, Json], ...] = ()
    error: str | None = None


class Engine(Protocol):
    """An engine with one set of modules and data loaded. Both implementations give the same answers."""

    def ask(self, package: str, inputs: Sequence[Json]) -> list[Answer]:
        """Answers of the control `package` (e.g. "controls.coverage.selected") for each of `inputs`, in order.

        One batch, never one request a subject. A failure of one subject is that answer's `error`; a failure of the
        engine itself raises `EngineError`.
        """

    def query(self, rule: str, document: Json) -> Json:
        """The value of `rule` (e.g. "data.organization.desired") with `document` as input; None when undefined."""

    def close(self) -> None:
        """Free what the engine holds (processes, connections)."""
