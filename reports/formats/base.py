"""The interface of a report format: it has a name and a list of files, and writes them from an audit."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Final

from reports.whole import whole
from reports.words import Words

if TYPE_CHECKING:
    from reports.document import AuditDocument
    from reports.listing import Passed


#: What a format says that lists some of the gaps only; in its file too.
GAPS_CUT: Final = "{file} shows {shown} of {total} gaps; gaps.csv (format csv) has all of them."


class FormatUnavailable(Exception):  # noqa: N818 - it is an answer: the format is skipped and the user told
    """This machine cannot make a format.

    Args:
        sentence: one of the format's `warns`, which says what to do.
        fields: what stands for the `{fields}` of the sentence.
    """

    def __init__(self, sentence: str, **fields: Any) -> None:
        super().__init__(sentence.format(**fields))
        self.sentence = sentence
        self.fields = fields


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file that a format writes: its name, its media type, and in a few words what it holds."""

    name: str
    media_type: str
    holds: str


@dataclass(frozen=True)
class ReportSource:
    """What a format is given.

    `document` is bounded whatever the organization. `tables` is the folder with `verdicts.parquet` and
    `gaps.parquet`, which are as long as they are. `words` are those of the edition's language.
    `own` is an empty folder for what several formats need of the tables.
    """

    document: "AuditDocument"
    tables: Path
    words: Words
    own: Path | None = None

    @property
    def verdicts(self) -> dict[str, int]:
        """How many of each verdict there are, the worst first, whatever the order in the document."""
        from reports.document import VERDICTS

        return {verdict: self.document.summary.verdicts.get(verdict, 0) for verdict in VERDICTS}

    @property
    def framework(self) -> str:
        """The id of the framework whose controls alone were asked; "" where all were."""
        from reports.frameworks import audited_for

        return audited_for(self.document) or ""

    def table(self, name: str) -> Path:
        """The path of a table such as `verdicts.parquet`, for a format that reads it by batches.

        Nothing is opened here: a format that does without the table works where there is none.
        """
        return self.tables / name

    @cached_property
    def findings(self) -> Path:
        """`verdicts.parquet`, or with a folder of its own a table that has nothing but its findings.

        There may be hundreds of passes for each finding: they are read once, and not by every format.

        Raises:
            OSError: the table cannot be read, or the folder cannot be written.
        """
        from reports.listing import only_found

        verdicts = self.table("verdicts.parquet")
        if self.own is None:
            return verdicts
        only_found(verdicts, self.own / verdicts.name)
        return self.own / verdicts.name

    @cached_property
    def passed(self) -> "list[Passed]":
        """What is compliant, counted; `OSError` where the table cannot be read."""
        from reports.listing import passed

        return passed(self.table("verdicts.parquet"))


@dataclass(slots=True)
class ReportFolder:
    """Where a format writes. `warn` takes each sentence for the user; `written` are the finished files."""

    path: Path
    format: "type[ReportFormat]"
    words: Words
    warn: Callable[[str], object]
    written: list[Path] = field(default_factory=list)

    @contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        """A file to write to, by parts where it is long; it takes its place when the block ends well.

        Raises:
            OSError: the folder cannot be written.
        """
        assert name in {file.name for file in self.format.files}, f"{name} is no file of {self.format.name}"  # noqa: S101 - a slip of ours
        with whole(self.path / name) as target:
            yield target
        self.written.append(self.path / name)

    def say(self, sentence: str, **fields: Any) -> None:
        """Tell the user one of the format's `warns`, in the edition's language."""
        assert sentence in self.format.warns, f"{self.format.name} does not declare {sentence!r}"  # noqa: S101 - a slip of ours
        self.warn(self.words.text(sentence, **fields))


class ReportFormat(ABC):
    """One format; an object of it makes the report of one audit.

    `name` is its word in the setting `formats`. `help` is one sentence for the page and for the help.
    `files` are all that it writes. `warns` are the sentences that it may tell the user. A format that is not
    `by_default` is written when it is asked for only.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    files: ClassVar[tuple[ReportFile, ...]]
    warns: ClassVar[tuple[str, ...]] = ()
    by_default: ClassVar[bool] = True

    @abstractmethod
    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the files. Equal sources give equal bytes, and memory does not grow with the tables.

        Raises:
            FormatUnavailable: this machine cannot make the format; the others are made.
            OSError: the folder cannot be written.
        """


class ChildReportFormat(ReportFormat):
    """A format that processes of its own make, while the other formats are written.

    They are started first, `send` gives them the audit, and `write` waits for them, after all other formats.
    """

    @abstractmethod
    def start(self) -> None:
        """Start the processes, so that they load their libraries while the audit is not yet known."""

    @abstractmethod
    def send(self, source: ReportSource) -> None:
        """Hand the audit over, without waiting until it is read."""

    @abstractmethod
    def end(self) -> None:
        """End the processes, finished, never started or not."""
