"""The lines of the code that an input was made of, for what is said of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from auditor.check.declared import Source
from auditor.check.lines import excerpt
from auditor.check.reading import Reading
from auditor.check.result import CheckEntry
from auditor.check.terraform.reader import KIND
from auditor.check.terraform.written import WrittenResources


def with_lines(
    entries: Sequence[CheckEntry], readings: Sequence[Reading], folder: Path | None
) -> tuple[list[CheckEntry], list[Source]]:
    """The entries, with the lines of those of Terraform plans whose code is at hand, and the files of these.

    It is looked for in `folder`, None: beside each plan.
    """
    code = {
        one.file: WrittenResources(Path(one.file).parent if folder is None else folder, one.modules)
        for one in readings
        if one.kind == KIND
    }
    found, sources = [], dict[str, Source]()
    for entry in entries:
        where = entry.declaration
        at = code[where.file].at(where.address) if where.file in code and not where.line else None
        if at is not None:
            sources[at.source.name] = at.source
            where = replace(where, line=at.line, code=at.source.name)
        found.append(replace(entry, declaration=where))
    return found, [*sources.values()]


def excerpts(sources: Sequence[Source], entries: Sequence[CheckEntry]) -> dict[str, dict[int, str]]:
    """The lines around what the entries are about, of the files whose lines are known."""
    numbers: dict[str, set[int]] = {}
    for entry in entries:
        if entry.declaration.line:
            numbers.setdefault(entry.declaration.shown, set()).add(entry.declaration.line)
    return {one.name: excerpt(one, numbers[one.name]) for one in sources if one.name in numbers}
