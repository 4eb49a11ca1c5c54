"""What a change makes of the verdicts of a run: which subjects lose, and which gain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.check.simulated import Simulation
from auditor.model.errors import ExitCode
from auditor.model.verdicts import Reason, Severity, Verdict


class Way(StrEnum):
    """What becomes of a verdict, worst first."""

    LOSES = "loses"
    UNKNOWN = "unknown"
    UNASKED = "unasked"
    WAIVED = "waived"
    GAINS = "gains"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class HeldSubject:
    """A subject of the run: `account_name` is "" where no name is known."""

    subject_type: str
    resource_type: str
    arn: str
    name: str
    account_id: str
    account_name: str
    region: str

    @property
    def where(self) -> str:
        """By which subjects are sorted: account, Region, then what it is."""
        return f"{self.account_id} {self.region} {self.name} {self.arn}"


@dataclass(frozen=True, slots=True)
class ToldVerdict:
    """A verdict after the change, and why."""

    verdict: Verdict
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """One control and one subject whose verdict is another after the change.

    A verdict is None where there is none: the subject is new or gone, or the control is not asked. `reasons`
    are those of the verdict after the change, or before it where only that one has some. `affected` are the
    resources that a plan protects; `fix` is the control's remediation.
    """

    control_id: str
    title: str
    severity: Severity
    subject: HeldSubject
    before: Verdict | None
    after: Verdict | None
    way: Way
    reasons: tuple[Reason, ...] = ()
    affected: Sequence[HeldSubject] = ()
    fix: str = ""

    @property
    def worst_first(self) -> tuple[int, int, str, str, str]:
        """How changes are sorted: what becomes of them, severity, control, then where and what."""
        severities, subject = list(Severity), self.subject
        ways = list(Way)
        order = ways.index(self.way), severities.index(self.severity)
        return *order, self.control_id, subject.where, subject.arn


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that plans promise a resource, in words: plans, rpo, retention, lock or copy.

    Whether a tier demands it is for controls to say. `unknown` says that nobody knows whether it is worse.
    """

    name: str
    before: str
    after: str
    worse: bool
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class ProtectionChange:
    """A resource whose plans promise it something else; `tier` is "" where it is not known."""

    subject: HeldSubject
    tier: str
    aspects: Sequence[Aspect]

    @property
    def way(self) -> str:
        """Is worse in something or perhaps is, or is only other."""
        if any(one.worse for one in self.aspects):
            return "worse"
        return "unknown" if any(one.unknown for one in self.aspects) else "other"

    @property
    def worst_first(self) -> tuple[int, str]:
        """How they are sorted: what becomes of them, then where and what."""
        return ("worse", "unknown", "other").index(self.way), self.subject.where


@dataclass(frozen=True, slots=True)
class Difference:
    """A run before and after a change.

    `compared` counts verdicts of controls that apply before or after; `only_later` are those that are not
    asked, for they read what only later time tells. `matched` says how declared things were found in the
    evidence, `unmapped` what could not be, `failing` which backups and copies fail after the change: each is
    a sentence. `applied` says whether anything of the
    evidence, or of what judges it, is another after the change.
    `open` says that something could not be found on which the protection of others rests.
    `still_unknown` counts verdicts that are unknown before and after, of accounts and Regions that change.
    `protection` are the resources that plans promise something else. `told` has what the run after the
    change says of what the inputs alone leave unknown, by control and ARN in the inputs; `simulation` what
    plans will do in what changes.
    """

    run: str
    as_of: str
    accounts: int
    policies_before: str
    policies_after: str
    changes: Sequence[VerdictChange]
    compared: int
    only_later: Sequence[str]
    matched: Sequence[str] = ()
    failing: Sequence[str] = ()
    unmapped: Sequence[str] = ()
    applied: bool = True
    open: bool = False
    still_unknown: int = 0
    protection: Sequence[ProtectionChange] = ()
    told: Mapping[tuple[str, str], ToldVerdict] = field(default_factory=dict)
    simulation: Simulation | None = None

    def of(self, way: Way) -> list[VerdictChange]:
        """The changes of one kind."""
        return [one for one in self.changes if one.way is way]

    @property
    def proves_nothing(self) -> bool:
        """Whether no pass may rest on it: nothing was compared, or what others rest on was not found."""
        return self.open or not self.compared or (bool(self.unmapped) and not self.applied)

    def exit_code(self, fatal: Sequence[str], *, fail_on_unknown: bool) -> ExitCode:
        """Who loses is a finding of its severity; what could not be applied proves nothing."""
        if any(str(one.severity) in fatal for one in self.of(Way.LOSES)):
            return ExitCode.FINDINGS
        promised = any(one.way == "unknown" for one in self.protection)
        unknown = self.unmapped or self.still_unknown or self.of(Way.UNKNOWN) or promised
        nothing = self.proves_nothing or (unknown and fail_on_unknown)
        return ExitCode.INCOMPLETE if nothing else ExitCode.COMPLIANT
