"""The program that draws the PDF's charts: `python -m reports.render_charts < job.json > drawn.json`.

It stands before `reports.render_pdf` in a pipe: matplotlib and WeasyPrint load side by side, and neither is
in the other's memory, nor in the caller's. It also looks whether a font shows the text: it knows the fonts.
"""

import json
import re
import sys
from typing import Any, Final

from matplotlib import font_manager

from reports.charts import stacked

#: Parts of the names of fonts that show Chinese, Japanese or Korean.
_EAST_ASIAN_FONTS: Final = (
    *("cjk", "source han", "pingfang", "hiragino", "heiti", "songti", "kaiti", "yahei", "simsun", "simhei"),
    *("wenquanyi", "uming", "ukai", "unifont", "droid sans fallback", "gothic", "mincho"),
)
_EAST_ASIAN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def drawn(job: dict[str, Any]) -> dict[str, Any]:
    """Return the job with its drawings where `<chart id="…"></chart>` stood, and `lacks_font`.

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
    handed_on = {key: value for key, value in job.items() if key != "drawings"}
    return {**handed_on, "editions": editions, "lacks_font": lacks_east_asian_font(job["editions"][0])}


def lacks_east_asian_font(text: str) -> bool:
    """Return whether the text has Chinese, Japanese or Korean that no installed font is known to show."""
    if not _EAST_ASIAN.search(text):
        return False
    names = {font.name.casefold() for font in font_manager.fontManager.ttflist}
    return not any(part in name for name in names for part in _EAST_ASIAN_FONTS)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(drawn(json.load(sys.stdin))))
