"""The accounts of an organization as subjects, where a parameter or a register of legal holds asks for them.

Without them no account is a subject, and neither policies, principals nor holds are read.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from auditor.derive.organization_conditions import Members
from auditor.evaluate.account_quotas import OF_QUOTAS, QUOTAS, AccountLimits, AccountQuotas, account_limits
from auditor.evaluate.arrow import texts
from auditor.evaluate.backup_policies import OF_BACKUP_POLICIES, BackupPolicies, compares_policies
from auditor.evaluate.custody import CUSTODIANS
from auditor.evaluate.destroyers import (
    DESTROYERS,
    DESTROYERS_COUNT,
    NO_DESTROYERS,
    UNSEPARATED,
    UNSEPARATED_COUNT,
    AccountPrincipals,
    Destroyers,
    destroyers,
)
from auditor.evaluate.earlier_runs import RUN, files_of, kept_days
from auditor.evaluate.facts import Column, Frame, Hole, encode
from auditor.evaluate.gaps import GapIndex, Unknowns
from auditor.evaluate.guard_rails import (
    EXCEPTED,
    NO_GUARD_RAILS,
    UNGUARDED,
    ControlPolicies,
    GuardRails,
    guard_rails,
    guarded_facts,
)
from auditor.evaluate.hold_register import OF_POINTS, OF_REGISTER, Register
from auditor.evaluate.principals import ROLE_STATES, RoleTrusts, reads_roles
from auditor.evaluate.report_plans import OF_REPORTS, Reports, report_hours
from auditor.evidence.asked_tables import (
    AUDIT_FRAMEWORKS,
    HELD_POINTS,
    KEY_POLICIES,
    LEGAL_HOLDS,
    REPORT_PLANS,
)
from auditor.evidence.policy_tables import (
    BACKUP_POLICIES,
    CONTROL_POLICIES,
    EFFECTIVE_POLICIES,
    POLICY_ERRORS,
)
from auditor.evidence.table_schemas import PRINCIPALS
from auditor.model.holds import Matters
from auditor.model.organization import Account
from auditor.model.policy import Control

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

ACCOUNT: Final = "account"
_MANAGEMENT: Final = "account.management"


@dataclass(frozen=True, slots=True)
class Asked:
    """What parameters and a register of legal holds ask of accounts, their recovery points, and the run."""

    rails: GuardRails = NO_GUARD_RAILS
    destroyers: Destroyers = NO_DESTROYERS
    matters: Matters = ()
    #: whether backup policies are compared with what is in force
    backup_policies: bool = False
    #: how old the newest report of a report plan may be; 0: they are not read
    report_hours: int = 0
    #: whether the roles of selections are read, though nobody asks who may destroy backups
    roles: bool = False
    #: of how many earlier runs the evidence files are compared, and how many days a run has to be kept
    earlier_runs: tuple[int, int] = (1, 0)
    #: what AWS Backup takes in an account; None: that is not asked
    limits: AccountLimits | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, Any], matters: Matters = ()) -> Self:
        """What `parameters` (parameters.yaml, checked) and the register ask."""
        compared = compares_policies(parameters)
        hours = report_hours(parameters)
        roles, limits = reads_roles(parameters), account_limits(parameters)
        runs = files_of(parameters), kept_days(parameters)
        given = guard_rails(parameters), destroyers(parameters)
        return cls(*given, matters, compared, hours, roles, runs, limits)

    @property
    def principals(self) -> bool:
        """Whether the users and roles of each account are read."""
        return bool(self.destroyers.guardians) or self.roles

    def roles_of(self, evidence: "Evidence") -> RoleTrusts | None:
        """The roles of the accounts of a run, None where nothing asks for them."""
        return RoleTrusts(evidence) if self.principals else None

    @property
    def facts(self) -> tuple[str, ...]:
        """The paths of the facts that answer: a control of accounts is asked where it reads one of them."""
        whom = (DESTROYERS, UNSEPARATED) if self.destroyers.guardians else ()
        holds = OF_REGISTER if self.matters else ()
        policies = OF_BACKUP_POLICIES if self.backup_policies else ()
        reports = OF_REPORTS if self.report_hours else ()
        quotas = (QUOTAS,) if self.limits else ()
        return ((UNGUARDED,) if self.rails.actions else ()) + whom + holds + policies + reports + quotas

    def asks(self, control: Control) -> bool:
        """Whether a control has subjects: some, and accounts, only where a parameter or a register asks."""
        if control.subject == ACCOUNT:
            return not {*self.facts}.isdisjoint(control.reads)
        if control.subject == RUN:
            return self.earlier_runs[1] > 0
        guardians = bool(self.destroyers.guardians)
        elsewhere = {OF_POINTS: bool(self.matters), CUSTODIANS: guardians, ROLE_STATES: self.principals}
        return all(elsewhere.get(path, True) for path in control.reads)

    @property
    def not_needed(self) -> tuple[str, ...]:
        """The tables of accounts that nothing needs."""
        keys = () if self.destroyers.guardians else (KEY_POLICIES,)
        principals = () if self.principals else (PRINCIPALS,)
        policies = () if self.rails.actions or self.destroyers.guardians else (CONTROL_POLICIES,)
        backups = () if self.backup_policies else (BACKUP_POLICIES, EFFECTIVE_POLICIES, POLICY_ERRORS)
        holds = () if self.matters else (HELD_POINTS,) if self.limits else (LEGAL_HOLDS, HELD_POINTS)
        reports = () if self.report_hours else (REPORT_PLANS,)
        frameworks = () if self.limits else (AUDIT_FRAMEWORKS,)
        return (*policies, *keys, *principals, *holds, *backups, *reports, *frameworks)


NOTHING: Final = Asked()


def account_frames(
    evidence: "Evidence",
    accounts: Mapping[str, Account],
    policies: ControlPolicies,
    known: GapIndex,
    unknowns: Unknowns,
    asked: Asked,
    members: Members,
    tables: Collection[str],
) -> Iterator[Frame]:
    """One subject for each account that is not closed, where the whole organization is audited.

    So is one that is in no organization: it is all that there is. Backup policies are asked of no such one.
    A register of legal holds is compared with any accounts that are audited, and with closed and unknown ones
    that it names where these are all. `tables` are those that the run asks for.
    """
    management = evidence.metadata.get("management_account_id") or ""
    if not (asked.matters or asked.facts):
        return
    register = Register(evidence, asked.matters, known, unknowns)
    identities = AccountPrincipals(evidence, policies, asked.destroyers, known, unknowns, members)
    backups = BackupPolicies(evidence, known, unknowns)
    reports = Reports(evidence, asked.report_hours, known, unknowns)
    quotas = AccountQuotas(evidence, asked.limits, tables, known, unknowns)
    named = register.accounts if management else frozenset[str]()
    unlisted = {name: Account(name, "", evidence.metadata["partition"], None) for name in named}
    living = {account_id for account_id, one in accounts.items() if one.status in ("ACTIVE", "")}
    asked_of = living | named if asked.matters else frozenset[str]()
    for account_id, account in sorted({**unlisted, **accounts}.items()):
        whole = bool(management) or account.alone
        own = whole and account_id in living
        if not (own or account_id in asked_of):
            continue
        facts: dict[str, Any] = {_MANAGEMENT: account_id == management} if whole else {}
        holes: dict[str, Hole | None] = {}
        if asked.matters:
            found, of_holds = register.facts(account_id)
            facts |= found
            holes |= of_holds
        if asked.rails.actions and own and account_id != management:
            found, holes[UNGUARDED] = guarded_facts(account, policies, known, unknowns, asked.rails, members)
            facts |= found
        if asked.destroyers.guardians and own:
            found, of_identities = identities.facts(account, management=account_id == management)
            facts |= found
            holes |= of_identities
        if asked.backup_policies and own and not account.alone:
            found, of_policies = backups.facts(account)
            facts |= found
            holes |= of_policies
        if asked.report_hours and own:
            found, of_reports = reports.facts(account_id)
            facts |= found
            holes |= of_reports
        if asked.limits and own:
            found, of_quotas = quotas.facts(account_id)
            facts |= found
            holes |= of_quotas
        yield _frame(account, facts, holes)


def _frame(account: Account, facts: Mapping[str, Any], holes: Mapping[str, Hole | None]) -> Frame:
    paths = (
        _MANAGEMENT, UNGUARDED, EXCEPTED, DESTROYERS, DESTROYERS_COUNT, UNSEPARATED, UNSEPARATED_COUNT,
        *OF_REGISTER, *OF_BACKUP_POLICIES, *OF_REPORTS, *OF_QUOTAS,
    )  # fmt: skip
    columns: dict[str, Column] = {}
    for path in paths:
        hole = holes.get(path)
        columns[path] = encode([facts.get(path)], *([hole] if hole and hole.gaps else []))
    return Frame(
        subject=ACCOUNT,
        account_id=account.account_id,
        region="",
        arn=texts([f"arn:{account.partition}:iam::{account.account_id}:root"]),
        resource_type=texts([""]),
        name=texts([account.name]),
        facts=columns,
        units=account.ou_path,
    )
