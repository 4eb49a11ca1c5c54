"""What every JUnit file of ours has in common, for programs that show the tests of a pipeline.

GitLab takes files below 30 MB (docs.gitlab.com, "Unit test reports") and of at most 250,000 objects of XML
(gitlab.com, gitlab-org/gitlab#507482), of which a case has fewer than ten.
A case without a failure reads as passed. Therefore one is written only where a control stated a pass, with
the number of subjects; what could not be judged is `skipped`, and a control that failed is an `error`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from reports.text import clip

MAX_FINDINGS: Final = 20_000
MAX_BYTES: Final = 30_000_000
#: What a case of a verdict contains.
ELEMENT: Final = {
    "NON_COMPLIANT": "failure",
    "ERROR": "error",
    "INSUFFICIENT_DATA": "skipped",
    "WAIVED": "skipped",
}


def counted(tests: int, elements: Counter[str]) -> str:
    """Return the attributes of a suite that has so many cases, of which some contain an element."""
    told = {"tests": tests, "failures": elements["failure"], "errors": elements["error"]}
    return " ".join(f'{name}="{n}"' for name, n in {**told, "skipped": elements["skipped"]}.items())


def properties(values: Mapping[str, str]) -> str:
    """Return the properties of a suite."""
    rows = (
        f"<property name={quoted(key, 100)} value={quoted(text, 300)}/>\n" for key, text in values.items()
    )
    return f"<properties>\n{''.join(rows)}</properties>\n"


def opened(control: str, name: str, more: str = "") -> str:
    """Return the beginning of a case; `more` are further attributes."""
    return f"<testcase classname={quoted(f'auditor.{control}', 100)} name={quoted(name, 260)}{more}>"


def case(
    begin: str,
    verdict: str,
    message: str,
    codes: Iterable[str],
    body: str,
    *,
    waiver: Mapping[str, Any] | None,
    longest: int,
) -> str:
    """Return the case of a verdict that is no pass, whose beginning `opened` has made.

    `codes` are those of its reasons, `body` says more of it, and `longest` is for the message.
    """
    element = ELEMENT[verdict]
    if waiver is not None:
        message = _waived(waiver, message)
    elif element != "failure":
        message = f"{verdict}: {message}"
    kind = "" if element == "skipped" else f" type={quoted(', '.join(codes), 80)}"
    told = f"<{element} message={quoted(message, longest)}{kind}>{escaped(body)}</{element}>"
    return f"{begin}{told}</testcase>\n"


def _waived(waiver: Mapping[str, Any], message: str) -> str:
    """Return the message of a waived case; `waiver` has `reason`, `approved_by`, `expires`."""
    reason, by, until = (clip(str(waiver[key]), 100) for key in ("reason", "approved_by", "expires"))
    return f"Waived until {until} by {by}: {reason} {message}"


def quoted(text: str, limit: int) -> str:
    """Return an attribute's value; `clip` shows what XML 1.0 has no character for by its number."""
    from xml.sax.saxutils import quoteattr  # noqa: PLC0415 -- it loads a client of HTTP

    return quoteattr(clip(text, limit))


def escaped(text: str) -> str:
    """Return the text of an element, which `clip` has made fit for XML."""
    from xml.sax.saxutils import escape  # noqa: PLC0415 -- it loads a client of HTTP

    return escape(text)
