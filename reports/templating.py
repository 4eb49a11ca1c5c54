"""The environment of all templates: it escapes everything, refuses unknown names, and uses gettext."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from reports import bars
from reports.words import Words

_TEMPLATES: Final = Path(__file__).parent / "templates"


@lru_cache(maxsize=2)
def environment(words: Words) -> Environment:
    """Return the one environment of a language: it keeps the templates that it compiled."""
    found = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    found.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined]  # i18n's
    found.filters["number"] = words.number
    found.filters["bar"] = bar
    found.filters["code"] = code
    return found


def code(text: str) -> Markup:
    """Return a text, escaped, with what stands in `backticks` as code."""
    quoted = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in enumerate(quoted)
    )


def bar(counts: Mapping[str, int]) -> list[tuple[str, float, float]]:
    """Return the parts of a stacked bar as (verdict, start, width) in percent, empty ones left out."""
    total = sum(counts.values())
    placed = bars.parts(counts, total) if total else []
    return [(verdict, round(100 * start, 2), round(100 * width, 2)) for verdict, start, width in placed]
