"""What a check comes to: entries, counts and exit code, as a document with a JSON schema."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import normpath
from typing import TYPE_CHECKING, NamedTuple

from auditor.check.declared import Declaration
from auditor.check.difference import Difference
from auditor.check.locks import LastingLock
from auditor.check.simulated import Simulation
from auditor.model.errors import ExitCode
from auditor.model.verdicts import Reason, Severity, Verdict, Waiver
from reports.ids import stable_id

if TYPE_CHECKING:
    from auditor.check.own_policies import Demanded


class ReasonKey(NamedTuple):
    """By what one reason of an entry is known again in another check; a line is no part of it."""

    control_id: str
    file: str
    address: str
    subject: str
    code: str

    @classmethod
    def of(cls, control_id: str, file: str, address: str, subject: str, code: str) -> "ReasonKey":
        """The key; a file is the same whether it was named as `plan.json` or `./plan.json`."""
        return cls(control_id, normpath(file), address, subject, code)


class Suggestion(NamedTuple):
    """What mends a finding: a part of an input, and its language, hcl, yaml or json."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """One control and one declared subject whose verdict is no pass.

    `fix` is the control's remediation, and `suggestion` what mends it in the language of the input, if there
    is any; `waiver` is what accepts a finding that is waived.
    """

    control_id: str
    title: str
    severity: Severity
    verdict: Verdict
    subject_type: str
    resource_type: str
    arn: str
    account_id: str
    region: str
    declaration: Declaration
    reasons: tuple[Reason, ...]
    fix: str
    waiver: Waiver | None = None
    suggestion: Suggestion | None = None

    @property
    def keys(self) -> tuple[ReasonKey, ...]:
        """The key of each reason."""
        where = self.declaration
        return tuple(
            ReasonKey.of(self.control_id, where.file, where.address, self.subject_type, reason.code)
            for reason in self.reasons
        )

    @property
    def id(self) -> str:
        """The same in every check that says the same of the same subject, on whatever line it stands."""
        return stable_id("check", json.dumps(sorted(self.keys)))

    @property
    def worst_first(self) -> tuple[int, int, str, str, str]:
        """How entries are sorted: verdict, severity, then where they stand."""
        verdicts, severities = list(Verdict), list(Severity)
        return (
            verdicts.index(self.verdict),
            severities.index(self.severity),
            self.declaration.file,
            self.declaration.address,
            self.control_id,
        )


class NotWhole(NamedTuple):
    """An input that is not whole, and why."""

    file: str
    why: str

    def __str__(self) -> str:
        """As a sentence."""
        return f"{self.file}: {self.why}"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Everything that a check says.

    `entries` are what counts, and `old` those that the baseline has; `counts` are verdicts by their word,
    without the old ones; `not_looked_at` counts what is declared and not judged, by type;
    `passed_over` are files of a folder that are of no known format; `assumed` are sentences; `excerpts` are
    lines of files around what is declared, by file and number. `lasting` are locks that nobody can undo.
    `against` is what the change makes of a run, and `simulation` what the plans will do.
    `demanded` is what our policies demand.
    """

    inputs: Sequence[Mapping[str, str]]
    controls: Sequence[str]
    entries: Sequence[CheckEntry]
    counts: Mapping[str, int]
    resources: int
    not_looked_at: Mapping[str, int]
    passed_over: Sequence[str] = ()
    incomplete: Sequence[NotWhole] = ()
    assumed: Sequence[str] = ()
    exit_code: ExitCode = ExitCode.INCOMPLETE
    policies_sha256: str = ""
    as_of: str = ""
    old: Sequence[CheckEntry] = ()
    baseline: "ReadBaseline | None" = None
    excerpts: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    against: Difference | None = None
    simulation: Simulation | None = None
    lasting: Sequence[LastingLock] = ()
    demanded: "Demanded | None" = None


@dataclass(frozen=True, slots=True)
class ReadBaseline:
    """The earlier check against which only what is new counts: its file, its time, and what judged it.

    `file` names a revision of git, where one is meant; `absent` are files that were not there then.
    """

    file: str
    as_of: str
    policies_sha256: str
    absent: Sequence[str] = ()
