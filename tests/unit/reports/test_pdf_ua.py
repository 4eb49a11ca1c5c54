"""PDF/UA-1: what veraPDF says of the PDF, where veraPDF can be had."""

import dataclasses
import gettext
import os
import shutil
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


def obtain(*options: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the script that obtains veraPDF."""
    script = ["sh", str(SCRIPTS / "obtain_verapdf.sh"), *options]
    return subprocess.run(script, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def verapdf() -> str:
    """The class path of veraPDF, which `make test-long` obtains; skips where it is not there."""
    if given := os.environ.get("AUDITOR_VERAPDF"):
        return given
    found = obtain("--here")
    if found.returncode:
        pytest.skip(found.stderr.strip())
    return found.stdout.strip()


@pytest.mark.long
@pytest.mark.verapdf
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


JDK = 'openjdk version "{}" 2021-09-14'
NOT_CHECKED = "; until then PDF/UA-1 is not checked\n"


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment with neither Java nor Maven."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "dirname", "mkdir", "sed", "touch"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    return {"HOME": str(tmp_path), "PATH": str(tools), "AUDITOR_CACHE": str(tmp_path / "cache")}


def install(environment: dict[str, str], program: str, script: str) -> None:
    """Put a program onto its path."""
    file = Path(environment["PATH"]) / program
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def java(version: str, modules: str = "java.base@17 jdk.compiler@17") -> str:
    """What stands in for `java`."""
    return f"""case $1 in -version) echo '{JDK.format(version)}' >&2 ;; *) echo '{modules}' ;; esac"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("", "there is no java; install a JDK, 17 or later"),
        (java("1.8.0_302"), "this java is version 1; install a JDK, 17 or later"),
        (java("16.0.2"), "this java is version 16; install a JDK, 17 or later"),
        ("exit 1", "this java is version unknown; install a JDK, 17 or later"),
        (
            java("17.0.1", "java.base@17"),
            "this java has no compiler; install a JDK, 17 or later, and not only what runs programs",
        ),
        (java("17"), "there is no mvn; install Maven"),
        (java("21-ea"), "there is no mvn; install Maven"),
    ],
)
def test_what_is_missing_for_verapdf_is_said(bare: dict[str, str], program: str, said: str) -> None:
    """One sentence that says what to install, and what is not checked without it."""
    if program:
        install(bare, "java", program)
    found = obtain(env=bare)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == f"obtain_verapdf: {said}{NOT_CHECKED}"


def test_verapdf_is_obtained_once(bare: dict[str, str]) -> None:
    """Not while looking here only, and not by half: what failed is tried again; then it stays."""
    install(bare, "java", java("17.0.1"))
    install(bare, "mvn", "exit 1")
    calls = [obtain("--here", env=bare), obtain(env=bare)]
    install(bare, "mvn", "exit 0")
    calls.append(obtain(env=bare))
    (Path(bare["PATH"]) / "mvn").unlink()
    calls.append(obtain("--here", env=bare))
    assert [one.returncode for one in calls] == [1, 1, 0, 0]
    assert "is not here; obtain it with scripts/obtain_verapdf.sh" in calls[0].stderr
    assert "Maven could not obtain it" in calls[1].stderr
    assert [one.stdout for one in calls[2:]] == [f"{bare['AUDITOR_CACHE']}/verapdf-1.26.1/*\n"] * 2
