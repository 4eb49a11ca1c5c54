"""The findings of a judged run as Security Hub takes them, by account and Region."""

import gettext
import os
from collections import defaultdict
from collections.abc import Iterator, KeysView, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Final, Self

import orjson

from reports.document import AuditDocument
from reports.formats.asff import findings
from reports.formats.base import ReportSource
from reports.words import Words

#: An account and a Region.
Place = tuple[str, str]
#: The generator of findings about what was not read.
UNREAD: Final = "evidence"


def name_of(finding: Mapping[str, Any]) -> str:
    """What of a place a finding tells: its control, of what was not read its title, which names the call."""
    generator = str(finding["GeneratorId"])
    return str(finding["Title"]) if generator == UNREAD else generator


class Outgoing:
    """The findings of a run by place, in a file of its own until the block ends. Thread safe to read.

    Raises `OSError` where a table of the run or the file cannot be used.
    """

    def __init__(self, run: Path, document: AuditDocument) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 -- closed by `__exit__`
        self._at: defaultdict[Place, dict[str, tuple[int, int]]] = defaultdict(dict)
        self._names: defaultdict[Place, set[str]] = defaultdict(set)
        at, words = 0, Words(gettext.NullTranslations(), "en")
        for finding in findings(ReportSource(document, run, words)):
            data = orjson.dumps(finding)
            place = finding["AwsAccountId"], finding["Region"]
            self._at[place][finding["Id"]] = (at, len(data))
            self._names[place].add(name_of(finding))
            self._file.write(data)
            at += len(data)
        self._file.flush()

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the file."""
        self._file.close()

    @property
    def places(self) -> KeysView[Place]:
        """Where there are findings."""
        return self._at.keys()

    def ids(self, place: Place) -> KeysView[str]:
        """The ids of the findings of a place."""
        return self._at.get(place, {}).keys()

    def names(self, place: Place) -> AbstractSet[str]:
        """What they tell of, as `name_of` says."""
        return self._names.get(place, set())

    def of(self, place: Place) -> Iterator[dict[str, Any]]:
        """Give the findings of a place, one by one."""
        for start, size in self._at.get(place, {}).values():
            yield orjson.loads(os.pread(self._file.fileno(), size, start))
