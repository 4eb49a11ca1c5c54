"""One account and Region as the evaluation sees it, before any table of it is read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from auditor.derive.organization_conditions import NOT_KNOWN, Members
from auditor.derive.selection import SelectionSettings
from auditor.evaluate.gaps import GapIndex, Unknowns
from auditor.evaluate.principals import RoleTrusts
from auditor.evaluate.success import AcceptedCompletion
from auditor.evaluate.times import DAY_MS, epoch_ms, long_after
from auditor.model.audit_manager import EVERY_CONTROL, AskedFramework
from auditor.model.holds import Matters
from auditor.model.organization import Account
from auditor.model.plans import CopyLifecycle
from auditor.model.policy import Tiers


@dataclass(frozen=True)
class ScopeFacts:
    """What is known of an account and Region before any table of it is read.

    `read_ms` is when the evidence was read, epoch milliseconds: `as_of` or later. `accepted` are the ends of
    completed jobs that count as a success. `asked` is what an audit for AWS Backup Audit Manager asks,
    `matters` the register of legal holds, `guardians` are those who may destroy backups; () is not asked.
    `role_trusts` are the roles of each account, None where nothing asks for them; `members` the accounts of
    the organization. `leaves_accounts_out` says whether the run may have left some of these out.
    """

    account: Account
    region: str
    tiers: Tiers
    gaps: GapIndex
    selection: SelectionSettings
    as_of: datetime
    read_ms: int
    accepted: tuple[AcceptedCompletion, ...] = ()
    unknowns: Unknowns = field(default_factory=Unknowns)
    copy_lifecycle: CopyLifecycle = "inherit"
    asked: AskedFramework = EVERY_CONTROL
    matters: Matters = ()
    guardians: tuple[str, ...] = ()
    role_trusts: RoleTrusts | None = None
    members: Members = NOT_KNOWN
    leaves_accounts_out: Callable[[], bool] = lambda: True

    @property
    def past(self) -> bool:
        """Whether the evidence was read so long after `as_of` that it may show what was not so then."""
        return long_after(self.read_ms, epoch_ms(self.as_of))

    @property
    def history(self) -> tuple[str, ...]:
        """Ids of the gaps that say that jobs are listed from `jobs_from_ms` on only."""
        return self.gaps.history(self.account.account_id, self.region)

    @property
    def jobs_from_ms(self) -> int:
        """From when on the jobs of the period are listed, epoch milliseconds; 0: all of them are."""
        return self.read_ms - 30 * DAY_MS if self.history else 0

    def unknown(self, operation: str, error: str, about: str, message: str) -> str:
        """The id of a gap here that no failed call explains (`Unknowns.add`)."""
        return self.unknowns.add(self.account.account_id, self.region, operation, error, about, message)

    def missing(self, *tables: str) -> tuple[str, ...]:
        """Ids of the gaps in `tables` here."""
        return self.gaps.ids(tables, self.account.account_id, self.region)
