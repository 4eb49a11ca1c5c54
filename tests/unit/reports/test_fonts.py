"""A report looks the same on every machine; what no font of a machine has, the PDF says itself."""

import dataclasses
import gettext
import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from reports import boxes, fonts
from reports.document import AuditDocument
from reports.pdf_job import job
from reports.pdf_process import NO_FONT, PdfProcess
from reports.words import Words

ENGLISH = Words(gettext.NullTranslations(), "en")
#: What the sample has beside Latin: names of accounts, and a message.
CHINESE = "产付副卷影支本生"
NUMBERS = "U+4EA7, U+4ED8, U+526F, U+5377, U+5F71, U+652F, U+672C, U+751F"
SHOWN = "Every character of this document is shown."


@pytest.fixture
def made(machine: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[bytes, str]]:
    """Make the PDF of a document on a machine whose only font has the given characters; and what is said."""

    def make(document: AuditDocument, characters: str) -> tuple[bytes, str]:
        monkeypatch.setenv("FONTCONFIG_FILE", machine(characters))
        return PdfProcess(job(document, ENGLISH)).finish()

    return make


def _read(pdf: bytes) -> tuple[int, str]:
    """How many pages there are, and their text on one line."""
    pages = PdfReader(BytesIO(pdf)).pages
    return len(pages), " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.long
def test_a_latin_report_is_the_same_whatever_fonts_there_are(
    sample: AuditDocument, made: Callable[..., tuple[bytes, str]]
) -> None:
    """To the last byte, without a font as with another: no font of the machine is used, nothing is missed."""
    accounts = tuple(
        {**account, "name": "Łódź, Ελλάς, Москва, שלום, العربية"} for account in sample.run.accounts
    )
    latin = dataclasses.replace(sample, run=dataclasses.replace(sample.run, accounts=accounts), findings=())
    bare = made(latin, "")
    assert bare == made(latin, "abcdefghijklmnopqrstuvwxyzŁΛЛ" + CHINESE)
    assert bare[1] == ""
    assert SHOWN in _read(bare[0])[1]


@pytest.mark.long
def test_a_missing_character_is_a_box_and_the_pdf_says_so(
    sample: AuditDocument, made: Callable[..., tuple[bytes, str]]
) -> None:
    """With a font for it or without, the text is whole and the pages are as many; without, it is said."""
    (bare, warned), (rich, quiet) = made(sample, ""), made(sample, CHINESE)
    (pages, said), (as_many, unsaid) = _read(bare), _read(rich)
    assert (warned, quiet, as_many) == (NO_FONT, "", pages)
    limits = said.split("Limits of this document ")[1]
    assert limits.startswith(
        f"Characters that no font had on the machine which made this document: {len(CHINESE)}. "
        f"Each stands as a box with its Unicode number ({NUMBERS})."
    )
    assert unsaid.split("Limits of this document ")[1].startswith(SHOWN)
    for text in (said, unsaid):
        assert "shadow copy (卷影副本)" in text


def _missing(characters: str, machine: str) -> list[str]:
    """What a process with this fontconfig misses: one reads it when it starts."""
    program = "import json, sys; from reports.unshown import unshown; print(json.dumps(unshown(sys.argv[1])))"
    done = subprocess.run(
        [sys.executable, "-c", program, characters],
        env=os.environ | {"FONTCONFIG_FILE": machine}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    missing: list[str] = json.loads(done.stdout)
    return missing


@pytest.mark.long
@pytest.mark.parametrize("text", ["支付", "한국", "かな", "ไทย", "हनद", "ᠮᠣᠩ", "🧊🪿", "\ue000"])
def test_what_no_font_has_is_missed_in_any_script(text: str, machine: Callable[[str], str]) -> None:
    """One character without a font is named among those that have one; with a font for all, none is."""
    assert _missing(text, machine(text[:-1] + "x")) == [text[-1]]
    assert _missing(text, machine(text)) == []


def test_what_is_never_drawn_is_not_missed(machine: Callable[[str], str]) -> None:
    """A variation selector has no glyph anywhere."""
    assert _missing("\ufe0f", machine("x")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Archive · Łódź…", ""), ("Москва שלום العربية ✓", ""), ("支付 Archive 支", "付支"), ("ไx", "ไ")],
)
def test_the_family_that_comes_with_the_program_lacks_no_alphabet_of_europe(text: str, expected: str) -> None:
    """What it has is never looked for on the machine; what it lacks is."""
    assert fonts.lacking(text) == list(expected)


def test_only_text_is_set_apart() -> None:
    """Neither a title nor a style nor an attribute gets an element, and each run gets one."""
    page = '<title>支</title><style>p::after { content: "支" }</style><p title="支">a支付b支</p>'
    apart = page.replace("a支付b支", 'a<span class="other">支付</span>b<span class="other">支</span>')
    assert fonts.set_apart(page, ["付", "支"]) == apart
    assert fonts.set_apart(page, []) == page


def test_a_box_is_as_wide_as_its_character() -> None:
    """An em for what is written in squares; each character has its own glyph, and the same bytes come."""
    made = boxes.font(["支", "付", "ไ", "🧊"])
    assert made == boxes.font(["🧊", "ไ", "付", "支", "支"])
    with TTFont(BytesIO(made)) as font:
        names = font.getBestCmap()
        widths = {
            chr(number): font["hmtx"][name][0] / font["head"].unitsPerEm for number, name in names.items()
        }
    assert widths == {"支": 1, "付": 1, "🧊": 1, "ไ": 1233 / 2048}
    assert len(set(names.values())) == 4
