"""Text for a terminal, made safe: text from AWS or a file cannot move the cursor or change colours."""

import re
from typing import Final

#: C0 and C1 controls, line and paragraph separators, the marks that reverse the reading direction, and what
#: is not seen at all. The joiners of scripts and of emoji stay.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)

#: Characters of a word, such as a name that a pull request has, and of a sentence that are printed.
_LONGEST_WORD: Final = 500
_LONGEST_SENTENCE: Final = 4_000

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
    """Make control characters visible, each as its code: what we print is on one line, or ours to break."""
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """Make `text` safe and one line."""
    return safe(" ".join(text.split()))


def sentence(text: str) -> str:
    """Make `text` safe, one line, and bounded: of a long name its beginning, and so of a long sentence."""
    short = " ".join(_cut(word, _LONGEST_WORD) for word in text.split())
    return safe(_cut(short, _LONGEST_SENTENCE))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
