"""The program that makes the PDF, in a process of its own so that the caller's memory stays small.

`python -m reports.render_charts < job.json | python -m reports.render_pdf > report.pdf`. The exit code says
what else there is to know: `NO_LIBRARIES` there is no PDF, `NO_FONT` some of its characters stand as boxes.
"""

import json
import sys
from typing import Final

NO_LIBRARIES: Final = 69  # EX_UNAVAILABLE of sysexits.h
NO_FONT: Final = 10


def main() -> int:
    """Read the drawn job from standard input and write the PDF to standard output."""
    try:
        from reports import layout  # noqa: PLC0415 - fails where a system library is missing, and that is an answer
    except OSError:
        sys.stdin.buffer.read()  # the program before this one in the pipe may end in peace
        return NO_LIBRARIES
    job = json.load(sys.stdin)
    made, unshown = layout.pdf(
        job["editions"],
        pages=job["pages"],
        identifier=job["identifier"].encode(),
        sentences=job["characters"],
    )
    sys.stdout.buffer.write(made)
    return NO_FONT if unshown else 0


if __name__ == "__main__":
    sys.exit(main())
