"""Figures with their limits, as a table and as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Self


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of one run: the median of its repeats, and the limit that it must not exceed, if any."""

    section: str
    name: str
    unit: str
    value: float
    limit: float | None = None
    repeats: Sequence[float] = field(default=())

    @classmethod
    def of(
        cls, section: str, name: str, unit: str, repeats: Sequence[float], limit: float | None = None
    ) -> Self:
        """The median of some repeats."""
        return cls(section, name, unit, median(repeats), limit, tuple(repeats))

    @property
    def kept(self) -> bool:
        """Whether the limit is kept."""
        return self.limit is None or self.value <= self.limit


def table(figures: Sequence[Figure]) -> str:
    """The figures, one a line: value, unit, limit and the spread of the repeats."""
    lines = []
    for figure in figures:
        limit = "" if figure.limit is None else f"at most {figure.limit:g}"
        verdict = "" if figure.limit is None else ("kept" if figure.kept else "MISSED")
        spread = f"{min(figure.repeats):,.2f} … {max(figure.repeats):,.2f}" if len(figure.repeats) > 1 else ""
        value = f"{figure.value:,.2f}" if figure.value % 1 else f"{figure.value:,.0f}"
        lines.append(
            f"{figure.section:<20}{figure.name:<42}{value:>14} {figure.unit:<6}"
            f"{limit:<14}{verdict:<8}{spread}"
        )
    return "\n".join(line.rstrip() for line in lines)


def save(figures: Sequence[Figure], path: Path, *, quick: bool) -> None:
    """Write the figures and the machine's conditions as JSON."""
    document = {
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "load": list(os.getloadavg()),
        },
        "quick": quick,
        "figures": [
            {
                "section": figure.section,
                "name": figure.name,
                "unit": figure.unit,
                "value": figure.value,
                "limit": figure.limit,
                "kept": figure.kept,
                "repeats": list(figure.repeats),
            }
            for figure in figures
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n")
