"""The program that draws the PDF's charts: `python -m reports.render_charts < job.json > drawn.json`.

It stands before `reports.render_pdf` in a pipe: matplotlib and WeasyPrint load side by side, and neither is
in the other's memory, nor in the caller's.
"""

import json
import sys
from typing import Any

from reports.charts import stacked


def drawn(job: dict[str, Any]) -> dict[str, Any]:
    """Return the job with its drawings where `<chart id="…"></chart>` stood.

    Args:
        job: `editions`, pages of HTML; `drawings`, arguments of `charts.stacked` by id; more is handed on.
    """
    drawings = job["drawings"].items()
    charts = {f'<chart id="{name}"></chart>': stacked(**drawing) for name, drawing in drawings}
    editions = []
    for edition in job["editions"]:
        page = edition
        for place, chart in charts.items():
            page = page.replace(place, chart)
        editions.append(page)
    return {**{key: value for key, value in job.items() if key != "drawings"}, "editions": editions}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(drawn(json.load(sys.stdin))))
