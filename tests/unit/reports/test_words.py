import gettext
import json
import re
from html.parser import HTMLParser

import pytest

from reports.document import AuditDocument, to_json
from reports.pdf_job import job
from reports.render_html import html
from reports.words import Words

#: Words that are names and not language.
NAMES = {
    "UTC",
    "SHA-256",
    "auditor",
    "verdicts.csv",
    "findings.csv",
    "gaps.csv",
    "--run",
    "document.json",
    "report.pdf",
}


class _Marked(gettext.NullTranslations):
    """A language in which every message stands between brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag in ("script", "style")
        self.found += [value or "" for name, value in attrs if name in ("aria-label", "title", "placeholder")]

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the base class's signature
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def _foreign(page: str, document: AuditDocument) -> set[str]:
    """Return the words of the page that are neither in the catalogue nor of the document."""
    texts = _Texts()
    texts.feed(page)
    joined = " ".join(texts.found)
    while re.search(r"⟦[^⟦⟧]*⟧", joined):
        joined = re.sub(r"⟦[^⟦⟧]*⟧", " ", joined)
    known = to_json(document).decode().replace("_", " ") + to_json(document).decode()
    words = {
        word for word in re.findall(r"[^\s,;:()·“”]*[A-Za-z]{2,}[^\s,;:()·“”]*", joined) if word not in NAMES
    }
    known += known.replace('\\"', '"')
    return {word for word in words if word not in known and "\\u202E" not in word}


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_every_word_of_a_report_is_in_the_catalogue(sample: AuditDocument, kind: str) -> None:
    """With a catalogue that marks each message, no word is left unmarked but the document's own."""
    words = Words(_Marked(), "x-marked")
    page = html(sample, words) if kind == "html" else job(sample, words)["editions"][0]
    assert _foreign(page, sample) - {"yes"} == set()
    assert 'lang="x-marked"' in page


def test_the_script_draws_with_words_of_the_catalogue(sample: AuditDocument) -> None:
    """What JavaScript writes comes from the catalogue too."""
    page = html(sample, Words(_Marked(), "x-marked"))
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    flat = [
        word
        for value in data["words"].values()
        for word in (value.values() if isinstance(value, dict) else [value])
    ]
    assert [word for word in flat if not word.startswith("⟦")] == []


def test_page_numbers_follow_the_language(sample: AuditDocument) -> None:
    """The order of the two numbers is the catalogue's, and its text is quoted for CSS."""

    class Turned(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return '{pages} "页" {page}' if message == "Page {page} of {pages}" else message

    page = job(sample, Words(Turned(), "zh"))["editions"][0]
    assert '@bottom-right { content: counter(pages) " \\"页\\" " counter(page); }' in page
