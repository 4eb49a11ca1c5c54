import dataclasses
import gettext
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from reports.document import AuditDocument
from reports.render_html import html
from reports.words import Words

_SAMPLE = Path(__file__).parents[1] / "golden" / "sample_document.py"
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
    spec = importlib.util.spec_from_file_location("sample_document", _SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    document: AuditDocument = module.build()[0]
    return document


@pytest.fixture(scope="session")
def report(sample: AuditDocument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's report.html."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html(sample, Words(gettext.NullTranslations(), "en")), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def long_report(sample: AuditDocument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of more findings than a file holds."""
    path = tmp_path_factory.mktemp("long") / "report.html"
    summary = dataclasses.replace(sample.summary, findings=6_000)
    document = dataclasses.replace(sample, findings=(sample.findings * 200)[:6_000], summary=summary)
    path.write_text(html(document, Words(gettext.NullTranslations(), "en")), encoding="utf-8")
    return path
