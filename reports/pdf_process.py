"""The process that lays out the PDF: started first and waited for last, while the other formats are made."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, Self

from reports import render_pdf
from reports.formats.base import FormatUnavailable
from reports.words import N_

#: Seconds after which the process is given up; a document within its bounds takes a tenth of it.
_PATIENCE: Final = 120
_ROOT: Final = Path(__file__).parent.parent

NO_LIBRARIES: Final = N_(
    "The PDF was not made because system libraries of WeasyPrint are missing; install Pango "
    "(Debian: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0, macOS: brew install pango) "
    "and make the report again."
)
NO_FONT: Final = N_(
    "The PDF shows some characters as boxes with their numbers, because no installed font has them; "
    "its Annex A names them. Install a font (Debian: apt install fonts-noto-cjk fonts-noto-core "
    "fonts-noto-color-emoji) and make the report again."
)
TOO_SLOW: Final = N_("The PDF was given up after {seconds} s; every finding is in findings.csv.")


class PdfProcess:
    """One run of `reports.render_charts` piped into `reports.render_pdf`; a context manager that ends it.

    Args:
        job: what is drawn and laid out (`pdf_job.job`); absent, it is sent later, and the processes load
            their libraries meanwhile.
    """

    def __init__(self, job: Mapping[str, Any] | None = None) -> None:
        self._draw = _start("reports.render_charts", subprocess.PIPE)
        self._lay_out = _start("reports.render_pdf", self._draw.stdout)
        if self._draw.stdout:
            self._draw.stdout.close()  # the second process has it; the first must see when that is gone
        if job is not None:
            self.send(job)

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(self, *_: object) -> None:
        """End both processes, finished or not."""
        self.abandon()

    def send(self, job: Mapping[str, Any]) -> None:
        """Hand the job over, without waiting until it is read."""
        data = json.dumps(job).encode()
        threading.Thread(target=self._write, args=(data,), daemon=True).start()

    def _write(self, data: bytes) -> None:
        if self._draw.stdin:
            with suppress(OSError, ValueError), self._draw.stdin as stream:  # it is gone: `finish` says why
                stream.write(data)

    def finish(self) -> tuple[bytes, str]:
        """Wait; return the PDF and a sentence for the user, "" when there is nothing to say.

        Raises:
            FormatUnavailable: there is no PDF, and why.
            RuntimeError: a process failed, with what it said: a fault of this program.
        """
        try:
            made, said = self._lay_out.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired as error:
            self.abandon()
            raise FormatUnavailable(TOO_SLOW, seconds=_PATIENCE) from error
        drawn = self._draw.wait()
        if drawn:
            raise RuntimeError(f"drawing the PDF's charts ended with {drawn}:\n{_said(self._draw)}")
        code = self._lay_out.returncode
        if code == render_pdf.NO_LIBRARIES:
            raise FormatUnavailable(NO_LIBRARIES)
        if code not in (0, render_pdf.NO_FONT):
            raise RuntimeError(f"laying out the PDF ended with {code}:\n{said.decode(errors='replace')}")
        return made, NO_FONT if code else ""

    def abandon(self) -> None:
        """End both processes, finished or not."""
        for process in (self._draw, self._lay_out):
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    with suppress(OSError):  # what was not yet written to it
                        stream.close()


def _start(module: str, source: IO[bytes] | int | None) -> subprocess.Popen[bytes]:
    """Start a module of this package; the working folder is not where it looks for modules (-P)."""
    # Equal jobs give equal bytes: neither the order of a set nor the time that fontTools writes into a font
    # may depend on the process.
    environment = {**os.environ, "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(  # noqa: S603 - this interpreter, modules of this package
        [sys.executable, "-P", "-m", module],
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )


def _said(process: subprocess.Popen[bytes]) -> str:
    return process.stderr.read().decode(errors="replace") if process.stderr else ""
