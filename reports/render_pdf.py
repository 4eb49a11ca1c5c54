"""The program that makes the PDF, in a process of its own so that the caller's memory stays small.

`python -m reports.render_pdf < job.json > report.pdf`: the job holds the arguments of `layout.pdf`. The exit
code says what else there is to know: `NO_LIBRARIES` there is no PDF, `NO_FONT` there is one and some of its
text is not shown.
"""

import json
import sys
from typing import Final

NO_LIBRARIES: Final = 69  # EX_UNAVAILABLE of sysexits.h
NO_FONT: Final = 10


def main() -> int:
    """Read the job from standard input and write the PDF to standard output."""
    try:
        from reports import layout  # noqa: PLC0415 - fails where a system library is missing, and that is an answer
    except OSError:
        return NO_LIBRARIES
    job = json.load(sys.stdin.buffer)
    made = layout.pdf(
        job["editions"], job["drawings"], pages=job["pages"], identifier=job["identifier"].encode()
    )
    sys.stdout.buffer.write(made)
    return NO_FONT if layout.lacks_east_asian_font(job["editions"][0]) else 0


if __name__ == "__main__":
    sys.exit(main())
