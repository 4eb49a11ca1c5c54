"""The process that lays out the PDF: started first and waited for last, while the other formats are made."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from reports import render_pdf
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
    "The PDF has Chinese, Japanese or Korean text that no installed font is known to show; install one "
    "(Debian: apt install fonts-noto-cjk) and make the report again."
)
TOO_SLOW: Final = N_("The PDF was given up after {seconds} s; every finding is in findings.csv.")


class FormatUnavailable(Exception):  # noqa: N818 - it is an answer: the format is skipped and the user told
    """A format that could not be made here; the message is one sentence that says what to do."""


class PdfProcess:
    """One run of `python -m reports.render_pdf`.

    Args:
        job: what it lays out (`pdf_job.job`).
    """

    def __init__(self, job: Mapping[str, Any]) -> None:
        # Equal jobs give equal bytes: the order of a set must not depend on the process.
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        with tempfile.TemporaryFile() as source:
            source.write(json.dumps(job).encode())
            source.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "reports.render_pdf"],
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
            )

    def finish(self) -> tuple[bytes, str]:
        """Wait; return the PDF and a sentence for the user, "" when there is nothing to say.

        Raises:
            FormatUnavailable: there is no PDF, and why.
            RuntimeError: the process failed, with what it said: a fault of this program.
        """
        try:
            made, said = self._process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired as error:
            self.abandon()
            raise FormatUnavailable(TOO_SLOW.format(seconds=_PATIENCE)) from error
        code = self._process.returncode
        if code == render_pdf.NO_LIBRARIES:
            raise FormatUnavailable(NO_LIBRARIES)
        if code not in (0, render_pdf.NO_FONT):
            raise RuntimeError(f"the PDF's process ended with {code}:\n{said.decode(errors='replace')}")
        return made, NO_FONT if code else ""

    def abandon(self) -> None:
        """End the process, finished or not."""
        self._process.kill()
        self._process.communicate()
