"""The list of formats, and what every format declares."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reports.formats.base import ReportFormat
from reports.formats.registry import DEFAULT, FILES, FORMATS, NAMES
from reports.pdf_job import MAX_PAGES

FOLDER = Path(__file__).resolve().parents[4] / "reports" / "formats"

_LOADED = """
import sys
from reports.formats import registry
print(*sorted({name.split(".")[0] for name in sys.modules} - sys.stdlib_module_names - {"__main__"}))
"""


def test_the_list_is_known_without_anything_heavy() -> None:
    """Neither pandas nor Arrow, Jinja2 nor WeasyPrint is imported for it: the standard library is enough."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", _LOADED],
        capture_output=True,
        text=True,
        check=False,
        cwd=FOLDER.parents[1],
    )

    assert (done.stdout.split(), done.stderr) == (["reports"], "")


def test_every_module_of_the_folder_is_in_the_list() -> None:
    """A module a format, called as it is; no name and no file is there twice."""
    modules = {file.stem for file in FOLDER.glob("*.py")} - {"__init__", "base", "registry"}

    assert sorted(name.replace("-", "_") for name in NAMES) == sorted(modules)
    assert len({file.name for file in FILES}) == len(FILES)
    assert [one.name for one in FORMATS if one.by_default] == list(DEFAULT)


@pytest.mark.parametrize("one", FORMATS, ids=NAMES)
def test_a_format_says_what_it_is(one: type[ReportFormat]) -> None:
    """A word, one sentence, at least one file in the run's own folder, each with a media type."""
    assert re.fullmatch(r"[a-z][a-z0-9-]*", one.name)
    assert re.fullmatch(r"[A-Z][^.]*\.", one.help)
    assert one.files
    for file in one.files:
        assert re.fullmatch(r"[a-z][\w.-]*\.[a-z0-9]+", file.name)
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", file.media_type)
        assert file.holds
    assert all(sentence.endswith(".") for sentence in one.warns)


def test_the_bound_of_the_pdf_is_the_one_that_holds() -> None:
    """The help of the format says the number of pages that the layout keeps."""
    told = next(one.help for one in FORMATS if one.name == "pdf")

    assert f"at most {MAX_PAGES} pages" in told
