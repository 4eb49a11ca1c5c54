"""The format `junit`: JUnit XML, for programs that show the tests of a pipeline (`reports/junit.py`)."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from auditor.check.formats.base import CUT, CheckFormat, CheckSource
from auditor.check.formats.words import message, not_whole, numbered, path, suggestion_below, ways_line
from auditor.model.verdicts import Verdict
from reports.junit import (
    ELEMENT,
    MAX_BYTES,
    MAX_FINDINGS,
    case,
    counted,
    opened,
    properties,
    quoted,
)
from reports.text import clip

if TYPE_CHECKING:
    from auditor.check.result import CheckEntry, CheckResult

#: Kept for the head and the passes.
_REST: Final = 10_000
MAX_INCOMPLETE: Final = 1_000


class JunitFormat(CheckFormat):
    """The entries as test cases."""

    name = "junit"
    help = "For what shows tests (JUnit XML): findings fail with what mends them, what is unknown is skipped."
    warns = (CUT,)

    def render(self, source: CheckSource) -> bytes:
        """Make the one suite: what is not whole, the entries, and what passed."""
        from auditor.check.formats.runs import entries

        result, found = source.result, entries(source.result)
        broken = [_quiet(one) for one in _incomplete(result, source.root)]
        elements = Counter(error=len(broken))
        cases: list[str] = []
        room = MAX_BYTES - _REST - sum(len(one.encode()) for one in broken)
        for entry, which, _ in islice(numbered(found), MAX_FINDINGS):
            made = _quiet(_case(entry, which, source.root))
            room -= len(made.encode())
            if room < 0:
                break
            cases.append(made)
            elements[ELEMENT[entry.verdict]] += 1
        cut = ""
        if len(cases) < len(found):
            cut = CUT.format(name=self.name, shown=len(cases), total=len(found), host="GitLab")
            source.warn(cut)
        passed = list(_passed(result))
        counts = counted(len(cases) + len(broken) + len(passed), elements)
        when = result.as_of.removesuffix("Z")
        text = [
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            f'<testsuites name="auditor check" {counts}>\n',
            f'<testsuite name="backup controls" timestamp="{when}" {counts}>\n',
            properties(_properties(result, cut)),
            *broken,
            *cases,
            *passed,
            "</testsuite>\n</testsuites>\n",
        ]
        return "".join(text).encode()


def _quiet(case: str) -> str:
    """The same XML, in which a runner that reads it in a log finds no command."""
    return case.replace("##", "&#35;&#35;")


def _properties(result: "CheckResult", cut: str) -> dict[str, str]:
    from auditor import __version__
    from auditor.check.document import summary

    return {
        "auditor.version": __version__,
        "auditor.as_of": result.as_of,
        **{f"auditor.{name}": str(count) for name, count in summary(result).items()},
        **({"auditor.against": ways_line(result.against)} if result.against is not None else {}),
        **({"auditor.cut": cut} if cut else {}),
    }


def _case(entry: "CheckEntry", which: str, root: str) -> str:
    from auditor.check.document import to_waiver

    where = entry.declaration
    name = path(where.shown, root)
    file = f" file={quoted(name, 300)}" + (f' line="{where.line}"' if where.line else "")
    body = f"{clip(f'{name}:{where.line}' if where.line else name, 300)} {entry.severity}"
    if entry.verdict is Verdict.NON_COMPLIANT:
        body = "\n".join([body, f"fix: {clip(entry.fix, 1_000)}", *suggestion_below(entry)])
    return case(
        opened(entry.control_id, f"{clip(where.address, 200)} {which}", file),
        entry.verdict,
        message(entry),
        [reason.code for reason in entry.reasons],
        body,
        waiver=to_waiver(entry),
        longest=600,
    )


def _incomplete(result: "CheckResult", root: str) -> Iterator[str]:
    """A case for each input that is not whole: silence would read as a pass."""
    told = list(not_whole(result))
    for file, sentence in told[:MAX_INCOMPLETE]:
        yield f"{opened('input', path(file, root))}<error message={quoted(sentence, 600)}/></testcase>\n"
    if len(told) > MAX_INCOMPLETE:
        more = f"{len(told) - MAX_INCOMPLETE} more inputs are not whole"
        yield f"{opened('input', more)}<error message={quoted(more, 100)}/></testcase>\n"


def _passed(result: "CheckResult") -> Iterator[str]:
    from auditor.check.document import summary

    number = summary(result)["compliant"]
    if number:
        yield f"{opened('passed', f'{number} compliant').removesuffix('>')}/>\n"
