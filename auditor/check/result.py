"""What a check comes to: entries, counts and exit code, as a document with a JSON schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.check.declared import Declaration
from auditor.model.errors import ExitCode
from auditor.model.verdicts import Reason, Severity, Verdict


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """One control and one declared subject whose verdict is no pass; `fix` is the control's remediation."""

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


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Everything that a check says.

    `counts` are verdicts by their word; `not_looked_at` counts what is declared and not judged, by type;
    `passed_over` are files of a folder that are of no known format; `assumed` are sentences.
    """

    inputs: Sequence[Mapping[str, str]]
    controls: Sequence[str]
    entries: Sequence[CheckEntry]
    counts: Mapping[str, int]
    resources: int
    not_looked_at: Mapping[str, int]
    passed_over: Sequence[str] = ()
    incomplete: Sequence[str] = ()
    assumed: Sequence[str] = ()
    exit_code: ExitCode = ExitCode.INCOMPLETE
    policies_sha256: str = ""
    as_of: str = ""
