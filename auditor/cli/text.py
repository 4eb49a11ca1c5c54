"""Text for a terminal: what came from AWS or a file cannot move the cursor or change colours."""

import re
from typing import Final

#: C0 and C1 controls, line and paragraph separators, and the marks that reverse the reading direction.
_UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")

EXIT_CODES: Final = """\
\b
Exit codes:
  0    complete and compliant
  1    could not run
  2    usage: an option, a file of yours or a name is wrong
  3    findings at or above --fail-on
  4    the evidence is incomplete, or nothing that needs backup was judged
  130  interrupted
"""


def safe(text: str) -> str:
    """Make control characters visible, an escape as its code; tab and newline stay."""
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """Make `text` safe and one line."""
    return safe(" ".join(text.split()))
