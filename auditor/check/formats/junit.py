"""The format `junit`: JUnit XML, for programs that show the tests of a pipeline (`reports/junit.py`)."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from auditor.check.formats.base import CUT, CheckFormat, CheckSource
from auditor.check.formats.words import message, not_whole, numbered, path
from reports.junit import (
    ELEMENT,
    MAX_BYTES,
    MAX_FINDINGS,
    counted,
    escaped,
    opened,
    properties,
    quoted,
    waived,
)
from reports.text import clip

if TYPE_CHECKING:
    from auditor.check.result import CheckEntry, CheckResult

#: Kept for the head, the passes and the inputs that are not whole.
_REST: Final = 1_000_000
MAX_INCOMPLETE: Final = 1_000


class JunitFormat(CheckFormat):
    """The entries as test cases."""

    name = "junit"
    help = "For what shows the tests of a pipeline (JUnit XML): findings fail, what is unknown is skipped."
    warns = (CUT,)

    def render(self, source: CheckSource) -> bytes:
        """Make the one suite: what is not whole, the entries, and what passed."""
        result = source.result
        elements: Counter[str] = Counter()
        cases: list[str] = []
        room = MAX_BYTES - _REST
        for entry, number in list(numbered(result.entries))[:MAX_FINDINGS]:
            case = _quiet(_case(entry, number, source.root))
            room -= len(case.encode())
            if room < 0:
                break
            cases.append(case)
            elements[ELEMENT[entry.verdict]] += 1
        cut = ""
        if len(cases) < len(result.entries):
            total = len(result.entries)
            cut = CUT.format(name=self.name, shown=len(cases), total=total, host="GitLab")
            source.warn(cut)
        broken = [_quiet(case) for case in _incomplete(result, source.root)]
        elements["error"] += len(broken)
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
        **({"auditor.cut": cut} if cut else {}),
    }


def _case(entry: "CheckEntry", number: int, root: str) -> str:
    from auditor.check.document import to_waiver

    where, element = entry.declaration, ELEMENT[entry.verdict]
    told, waiver = message(entry), to_waiver(entry)
    if waiver:
        told = waived(waiver, told)
    elif element != "failure":
        told = f"{entry.verdict}: {told}"
    codes = ", ".join(reason.code for reason in entry.reasons)
    kind = "" if element == "skipped" else f" type={quoted(codes, 80)}"
    name = path(where.file, root)
    file = f" file={quoted(name, 300)}" + (f' line="{where.line}"' if where.line else "")
    which = entry.id if number == 1 else f"{entry.id}:{number}"
    at = f"{name}:{where.line}" if where.line else name
    body = f"{clip(at, 300)} {entry.severity}"
    if element == "failure":
        body += f"\nfix: {clip(entry.fix, 1_000)}"
    return (
        f"{opened(entry.control_id, f'{clip(where.address, 200)} {which}', file)}"
        f"<{element} message={quoted(told, 600)}{kind}>{escaped(body)}</{element}></testcase>\n"
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
