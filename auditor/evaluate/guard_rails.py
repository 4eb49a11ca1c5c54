"""Facts of the accounts of an organization: what service control policies deny there to all but guardians.

A parameter says which actions are to be denied, and who the guardians are. Without it no account is a
subject, and no policy is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from auditor.derive.control_policies import ControlPolicy, Guarded, guarded
from auditor.evaluate.arrow import texts
from auditor.evaluate.facts import Column, Frame, Hole, encode
from auditor.evaluate.gaps import GapIndex, Unknowns
from auditor.evaluate.times import HOUR_MS, epoch_ms, parse
from auditor.evidence.table_schemas import CONTROL_POLICIES
from auditor.model.organization import Account

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

ACCOUNT: Final = "account"
_OPERATION: Final = "ListTargetsForPolicy"


@dataclass(frozen=True, slots=True)
class GuardRails:
    """The actions that policies are to deny, and ARNs, or patterns of some, of those who may nevertheless."""

    actions: tuple[str, ...] = ()
    guardians: tuple[str, ...] = ()


NO_GUARD_RAILS: Final = GuardRails()


def guard_rails(parameters: Mapping[str, Any]) -> GuardRails:
    """What `parameters` (parameters.yaml, checked) ask for."""
    given = parameters.get("evidence", {}).get("guard_rails", {})
    return GuardRails(tuple(given.get("actions", ())), tuple(given.get("guardians", ())))


def account_frames(
    evidence: "Evidence",
    accounts: Mapping[str, Account],
    known: GapIndex,
    unknowns: Unknowns,
    rails: GuardRails,
) -> Iterator[Frame]:
    """One subject for each account that is not closed, where the whole organization is audited."""
    management = evidence.metadata.get("management_account_id") or ""
    if not (rails.actions and management):
        return
    policies = [
        ControlPolicy(row["name"] or "", row["document"] or "", frozenset(row["targets"] or ()))
        for row in evidence.read(CONTROL_POLICIES).to_pylist()
    ]
    read, as_of = (epoch_ms(parse(evidence.metadata[name])) for name in ("collected_at", "as_of"))
    for account_id, account in sorted(accounts.items()):
        if account.status not in ("ACTIVE", ""):
            continue
        facts: dict[str, Any] = {"account.management": account_id == management}
        hole: Hole | None = None
        if account_id != management:
            unread = _unread(known, account_id)
            found, said = None, "The service control policies were read long after as_of."
            if not unread and read - as_of <= HOUR_MS:
                found, said = _guarded(account, policies, rails)
            if found is not None:
                facts |= {"account.unguarded": [*found.open_], "account.excepted": [*found.excepted]}
            if said and not unread:
                about = f"guard rails of {account_id}"
                unread = (unknowns.add(account_id, "", _OPERATION, "Undecided", about, said),)
            hole = Hole(unread, partial=found is not None)
        yield _frame(account, facts, hole)


def _unread(known: GapIndex, account_id: str) -> tuple[str, ...]:
    """The gaps in the policies: those of calls, and where nobody asked, that of the account itself."""
    own = {*known.ids((CONTROL_POLICIES,), account_id)}
    of_calls = (
        gap.gap_id
        for gap in known.gaps
        if CONTROL_POLICIES in gap.provides and gap.service == "organizations"
    )
    return tuple(sorted(own.union(of_calls)))


def _guarded(
    account: Account, policies: Sequence[ControlPolicy], rails: GuardRails
) -> tuple[Guarded | None, str]:
    """What is not denied in an account, and what hides more of it, in a sentence."""
    if account.parents is None:
        return None, f"Where account {account.account_id} is in the organization is not known."
    path = (*account.parents, account.account_id)
    levels = [[one for one in policies if target in one.targets] for target in path]
    if not policies:
        levels = []
    elif not all(levels):  # AWS Organizations leaves nothing without a policy while they are in force
        bare = path[[bool(level) for level in levels].index(False)]
        return None, f"No service control policy was listed as attached to {bare}."
    found = guarded(rails.actions, levels, account.account_id, rails.guardians)
    unknown = ", ".join(found.unknown)
    return found, f"Whether {unknown} is denied in it is not known: {found.why}." if unknown else ""


def _frame(account: Account, facts: Mapping[str, Any], hole: Hole | None) -> Frame:
    paths = ("account.management", "account.unguarded", "account.excepted")
    columns: dict[str, Column] = {path: encode([facts.get(path)]) for path in paths}
    if hole is not None and hole.gaps:
        columns["account.unguarded"] = encode([facts.get("account.unguarded")], hole)
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
