"""Push to every account, in parallel: first the plan, then, if it is wanted, its application."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from auditor.aws.reader import CallFailed
from auditor.aws.session import RoleNotAssumed, Sessions
from auditor.catalogue.load import Catalogue
from auditor.model.errors import AuditorError
from auditor.model.organization import Account
from auditor.model.settings import Progress, Settings, silent
from auditor.push.access import Access
from auditor.push.apply import AccountChanges, sentence
from auditor.push.changes import Action, Change, ChangeKind, render
from auditor.push.desired import Desired, Desires
from auditor.push.difference import difference
from auditor.push.members import members, regions_of
from auditor.push.state import read_state
from auditor.rego.engine import Engine

__all__ = ["Change", "apply", "plan", "render"]

DEFAULT_WORKERS: Final = 16


def plan(
    settings: Settings,
    sessions: Sessions,
    catalogue: Catalogue,
    engine: Engine,
    progress: Progress = silent,
) -> list[Change]:
    """Compute every account's changes, those with nothing to do included. Nothing is changed in AWS.

    `engine` has the modules and data of `catalogue`. An account or Region that cannot be read is one failed
    change. The list is ordered by account and Region. Raises `AuditorError` when the accounts cannot be
    listed, and `UsageError` when the policies' answer is malformed.
    """
    access = Access(sessions)
    accounts = members(settings, access, catalogue.tiers)
    desires = Desires(engine, catalogue.schemas)

    def regions(account: Account) -> tuple[str, ...] | Change:
        try:
            return regions_of(account, settings, access)
        except (CallFailed, RoleNotAssumed) as error:
            return _unread(account, "", ChangeKind.ACCOUNT, error)

    found = access.in_parallel("regions", regions, accounts, workers=settings.workers, progress=progress)
    failed = [answer for answer in found if isinstance(answer, Change)]
    wanted = [
        (account, region, desires.of(account, region, answer))
        for account, answer in zip(accounts, found, strict=True)
        if not isinstance(answer, Change)
        for region in answer
    ]

    def changes(item: tuple[Account, str, Desired]) -> list[Change]:
        account, region, desired = item
        try:
            return _changes(account, region, desired, settings, access)
        except (CallFailed, RoleNotAssumed) as error:
            return [_unread(account, region, ChangeKind.REGION, error)]

    answers = access.in_parallel("plan", changes, wanted, workers=settings.workers, progress=progress)
    return sorted(
        [*failed, *(change for answer in answers for change in answer)],
        key=lambda change: (change.account, change.region),
    )


def apply(
    changes: Sequence[Change],
    sessions: Sessions,
    progress: Progress = silent,
    *,
    workers: int = DEFAULT_WORKERS,
) -> list[Change]:
    """Apply what is planned; gives `changes` in the same order, each with its outcome.

    A denied account or call is a failed change and the others go on. Applying again what was applied does no
    harm: requests carry the same CreatorRequestId.
    """
    by_account: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_account[change.account].append(change)

    access = Access(sessions)

    def account_changes(account: str) -> list[Change]:
        applier = AccountChanges(lambda region: sessions.client("backup", account, region), access.stop)
        return applier.apply(by_account[account])

    answers = access.in_parallel("push", account_changes, by_account, workers=workers, progress=progress)
    applied = {account: iter(answer) for account, answer in zip(by_account, answers, strict=True)}
    return [next(applied[change.account]) for change in changes]


def _changes(
    account: Account, region: str, desired: Desired, settings: Settings, access: Access
) -> list[Change]:
    state = read_state(
        access.reader(account.account_id, region),
        aliases=(vault["key_alias"] for vault in desired.vaults),
        vault_names=(vault["name"] for vault in desired.vaults),
    )
    return difference(account, region, desired, state, as_of=settings.as_of)


def _unread(account: Account, region: str, kind: ChangeKind, error: AuditorError | CallFailed) -> Change:
    name = region or account.account_id
    return Change(account.account_id, account.name, region, kind, name, Action.NONE).failed(sentence(error))
