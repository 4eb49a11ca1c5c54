"""PDF/UA-1: what veraPDF says of the PDF, where veraPDF can be had."""

import dataclasses
import gettext
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.document import AuditDocument
from reports.pdf_job import job
from reports.pdf_process import PdfProcess
from reports.words import Words
from tests.golden.sample_periods import write_periods

ENGLISH = Words(gettext.NullTranslations(), "en")
SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture(scope="module")
def verapdf() -> str:
    """The class path of veraPDF; skips where it cannot be had."""
    script = str(SCRIPTS / "obtain_verapdf.sh")
    found = subprocess.run(["sh", script], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"no veraPDF: {found.stderr.strip()}")
    return found.stdout.strip()


@pytest.mark.long
def test_the_pdf_is_what_it_says(
    sample: AuditDocument, huge: Callable[[int], AuditDocument], verapdf: str, tmp_path: Path
) -> None:
    """An unhealthy run with its periods, a huge hostile one, and a run with nothing to look at."""
    write_periods(sample, tmp_path)
    jobs = {"sample": job(sample, ENGLISH, tmp_path), "huge": job(huge(3_000), ENGLISH)}
    healthy = dataclasses.replace(sample.summary, gaps=0, findings=0)
    clean = dataclasses.replace(
        sample, summary=healthy, gaps=(), classes=(), findings=(), waivers=(), causes={}
    )
    jobs["clean"] = job(clean, ENGLISH)
    for name, one in jobs.items():
        (tmp_path / f"{name}.pdf").write_bytes(PdfProcess(one).finish()[0])
    files = [str(tmp_path / f"{name}.pdf") for name in jobs]
    command = ["java", "-cp", verapdf, str(SCRIPTS / "verapdf" / "Validate.java"), *files]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.stdout.splitlines() == [f"{file}: PDF/UA-1" for file in files], said.stderr
