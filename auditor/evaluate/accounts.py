"""The accounts of an organization as subjects, where a parameter asks something of them.

Without one no account is a subject, and neither policies nor principals are read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from auditor.evaluate.arrow import texts
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
from auditor.evidence.table_schemas import CONTROL_POLICIES, PRINCIPALS
from auditor.model.organization import Account

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

ACCOUNT: Final = "account"
_MANAGEMENT: Final = "account.management"


@dataclass(frozen=True, slots=True)
class Asked:
    """What parameters ask of accounts."""

    rails: GuardRails = NO_GUARD_RAILS
    destroyers: Destroyers = NO_DESTROYERS

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """What `parameters` (parameters.yaml, checked) ask."""
        return cls(guard_rails(parameters), destroyers(parameters))

    @property
    def facts(self) -> tuple[str, ...]:
        """The paths of the facts that answer: a control of accounts is asked where it reads one of them."""
        whom = (DESTROYERS, UNSEPARATED) if self.destroyers.guardians else ()
        return ((UNGUARDED,) if self.rails.actions else ()) + whom

    @property
    def not_needed(self) -> tuple[str, ...]:
        """The tables of accounts that nothing needs."""
        principals = () if self.destroyers.guardians else (PRINCIPALS,)
        return principals if self.facts else (CONTROL_POLICIES, *principals)


NOTHING: Final = Asked()


def account_frames(
    evidence: "Evidence", accounts: Mapping[str, Account], known: GapIndex, unknowns: Unknowns, asked: Asked
) -> Iterator[Frame]:
    """One subject for each account that is not closed, where the whole organization is audited."""
    management = evidence.metadata.get("management_account_id") or ""
    if not (asked.facts and management):
        return
    policies = ControlPolicies.of(evidence)
    identities = AccountPrincipals(evidence, policies, asked.destroyers, known, unknowns)
    for account_id, account in sorted(accounts.items()):
        if account.status not in ("ACTIVE", ""):
            continue
        facts: dict[str, Any] = {_MANAGEMENT: account_id == management}
        holes: dict[str, Hole | None] = {}
        if asked.rails.actions and account_id != management:
            found, holes[UNGUARDED] = guarded_facts(account, policies, known, unknowns, asked.rails)
            facts |= found
        if asked.destroyers.guardians:
            found, of_identities = identities.facts(account, management=account_id == management)
            facts |= found
            holes |= of_identities
        yield _frame(account, facts, holes)


def _frame(account: Account, facts: Mapping[str, Any], holes: Mapping[str, Hole | None]) -> Frame:
    paths = (
        _MANAGEMENT, UNGUARDED, EXCEPTED, DESTROYERS, DESTROYERS_COUNT, UNSEPARATED, UNSEPARATED_COUNT
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
