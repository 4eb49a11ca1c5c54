import dataclasses
import gettext
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from reports.document import AuditDocument
from reports.render_html import html
from reports.words import Words
from tests.golden.sample_document import build
from tests.golden.sample_periods import write_periods

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ARGUMENTS = [
    *("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-first-run", "--disable-default-apps", "--disable-dev-shm-usage"),
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium of this machine."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def sample() -> AuditDocument:
    """The fixed audit of tests/golden/sample_document.py."""
    return build()[0]


@pytest.fixture(scope="session")
def report(sample: AuditDocument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's report.html."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_periods(sample, path.parent)
    path.write_text(html(sample, Words(gettext.NullTranslations(), "en"), path.parent), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def long_report(sample: AuditDocument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of more findings than a file holds."""
    path = tmp_path_factory.mktemp("long") / "report.html"
    summary = dataclasses.replace(sample.summary, findings=6_000)
    document = dataclasses.replace(sample, findings=(sample.findings * 200)[:6_000], summary=summary)
    path.write_text(html(document, Words(gettext.NullTranslations(), "en")), encoding="utf-8")
    return path
