"""Charts as SVG, drawn by matplotlib. Equal numbers give equal bytes: no date, no creator, salted ids."""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from reports import bars

#: Each has a grey of its own, for readers and printers without colour; styles/*.css have the same.
COLOURS: Final = {
    "ERROR": "#56215f",
    "NON_COMPLIANT": "#bd3327",
    "INSUFFICIENT_DATA": "#dd9f38",
    "WAIVED": "#7385b3",
    "COMPLIANT": "#a3d0b6",
    "NOT_APPLICABLE": "#dfe4e9",
}
_MM: Final = 1 / 25.4
_EDGE: Final = 0.12  # of a row's height, above and below its bar


def stacked(rows: Sequence[Mapping[str, int]], *, title: str, width: float, row: float, share: bool) -> str:
    """Return an `<svg>` element: a stacked bar for each row of {verdict: n}, the first row on top.

    Args:
        rows: the counts.
        title: what a reader who cannot see it is told.
        width: millimetres.
        row: height of one row, millimetres.
        share: every bar is as wide as the chart; otherwise widths are counts on one scale.
    """
    figure = Figure(figsize=(width * _MM, max(1, len(rows)) * row * _MM))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    largest = max((sum(counts.values()) for counts in rows), default=0) or 1
    axes.set_xlim(0, 1)
    axes.set_ylim(max(1, len(rows)) - 0.5, -0.5)
    for position, counts in enumerate(rows):
        full = sum(counts.values()) if share else largest
        for verdict, start, size in bars.parts(counts, full) if full else ():
            axes.barh(position, size, left=start, height=1 - 4 * _EDGE, color=COLOURS[verdict], clip_on=False)
    return _svg(figure, title)


def _svg(figure: Figure, title: str) -> str:
    metadata: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None, "Title": title}
    out = StringIO()
    with mpl.rc_context({"svg.hashsalt": "backup-auditor", "svg.fonttype": "none"}):
        figure.savefig(out, format="svg", transparent=True, metadata=metadata)
    text = out.getvalue()
    return text[text.index("<svg") :]
