"""The changes of one account, applied in the order in which they depend on each other."""

from collections.abc import Callable, Iterable
from threading import Event
from typing import Final

from auditor.aws.base import Client
from auditor.aws.failures import CALL_ERRORS, failure_of
from auditor.aws.items import member
from auditor.aws.organization import understood
from auditor.aws.reader import CallFailed
from auditor.model.errors import AuditorError
from auditor.push.changes import OWNER_TAG, Action, Change, ChangeKind, ChangeStatus
from auditor.push.normal import request_token

_DENIED: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def sentence(error: Exception) -> str:
    """Say why a call or a role failed and what to do."""
    if isinstance(error, AuditorError):
        return str(error)
    if isinstance(error, CallFailed):
        failure, operation = error.failure, error.operation
    else:
        failure, operation = failure_of(error), getattr(error, "operation_name", "The call")
    what_to_do = (
        "allow the role what examples/iam/auditor-push.json lists"
        if failure.code in _DENIED
        else "push again"
    )
    return f"{operation} failed ({failure.code}: {failure.message.rstrip('.')}); {what_to_do}."


class AccountChanges:
    """Applies the changes of one account. `backup(region)` makes a client; it is asked once a Region.

    Once `stop` is set, what is not applied yet stays planned.
    """

    def __init__(self, backup: Callable[[str], Client], stop: Event) -> None:
        self._make = backup
        self._stop = stop
        self._clients: dict[str, Client] = {}
        self._plan_ids: dict[tuple[str, str], str] = {}
        self._failed: set[tuple[str, ChangeKind, str, Action]] = set()

    def apply(self, changes: Iterable[Change]) -> list[Change]:
        """Apply what is planned and give every change with its outcome, in the given order.

        A change that fails is given back as failed. The others go on, except those that need it.
        """
        changes = list(changes)
        answers = dict(enumerate(changes))
        self._failed |= {_key(change) for change in changes if change.outcome is ChangeStatus.FAILED}
        planned = [item for item in answers.items() if item[1].outcome is ChangeStatus.PLANNED]
        for position, change in sorted(
            planned, key=lambda item: _ORDER.index((item[1].kind, item[1].action))
        ):
            if self._stop.is_set():
                break
            answer = self._apply(change)
            answers[position] = answer
            if answer.outcome is ChangeStatus.FAILED:
                self._failed.add(_key(answer))
        return [answers[position] for position in range(len(changes))]

    def _apply(self, change: Change) -> Change:
        obstacle = self._obstacle(change)
        if obstacle:
            return change.failed(obstacle)
        try:
            plan_id = change.parent_id or self._plan_ids.get((change.region, change.parent), "")
            new_id = _CALLS[change.kind, change.action](self._client(change.region), change, plan_id)
        except (*CALL_ERRORS, CallFailed, AuditorError) as error:
            return change.failed(sentence(error))
        if new_id:
            self._plan_ids[change.region, change.name] = new_id
        return change.done()

    def _obstacle(self, change: Change) -> str:
        """Why this change cannot be tried, as another one failed."""
        if change.action is Action.DELETE:
            waiting = (ChangeKind.PLAN, ChangeKind.SELECTION)
            if any(region == change.region and kind in waiting for region, kind, *_ in self._failed):
                return (
                    "It is kept, as a plan or selection of this Region failed: correct that and push again."
                )
            return ""
        needs: list[tuple[ChangeKind, str]] = []
        if change.kind is ChangeKind.LOCK:
            needs = [(ChangeKind.VAULT, change.parent)]
        elif change.kind is ChangeKind.SELECTION:
            needs = [(ChangeKind.PLAN, change.parent)]
        elif change.kind is ChangeKind.PLAN and change.after:
            needs = [(ChangeKind.VAULT, rule["TargetBackupVaultName"]) for rule in change.after["Rules"]]
        for kind, name in needs:
            if (change.region, kind, name, Action.CREATE) in self._failed:
                return f"It was not tried, as {kind} {name} is not there: correct that and push again."
        return ""

    def _client(self, region: str) -> Client:
        if region not in self._clients:
            self._clients[region] = self._make(region)
        return self._clients[region]


def _update_settings(backup: Client, change: Change, _: str) -> None:
    before, after = change.before or {}, change.after or {}
    backup.update_region_settings(
        **{member: value for member, value in after.items() if before.get(member) != value}
    )


def _create_vault(backup: Client, change: Change, _: str) -> None:
    backup.create_backup_vault(
        **(change.after or {}), BackupVaultTags=dict([OWNER_TAG]), CreatorRequestId=_token(change)
    )


def _put_lock(backup: Client, change: Change, _: str) -> None:
    backup.put_backup_vault_lock_configuration(BackupVaultName=change.parent, **(change.after or {}))


def _create_plan(backup: Client, change: Change, _: str) -> str:
    answer = backup.create_backup_plan(
        BackupPlan=change.after, BackupPlanTags=dict([OWNER_TAG]), CreatorRequestId=_token(change)
    )
    with understood("CreateBackupPlan", "backup"):
        return str(member(answer, "BackupPlanId"))


def _update_plan(backup: Client, change: Change, _: str) -> None:
    backup.update_backup_plan(BackupPlanId=change.aws_id, BackupPlan=change.after)


def _delete_plan(backup: Client, change: Change, _: str) -> None:
    backup.delete_backup_plan(BackupPlanId=change.aws_id)


def _create_selection(backup: Client, change: Change, plan_id: str) -> None:
    backup.create_backup_selection(
        BackupPlanId=plan_id, BackupSelection=change.after, CreatorRequestId=_token(change, plan_id)
    )


def _replace_selection(backup: Client, change: Change, plan_id: str) -> None:
    """Delete and create, as there is no update (aws-backup.md 1.1 row 9); a failure restores the old one."""
    _delete_selection(backup, change, plan_id)
    try:
        _create_selection(backup, change, plan_id)
    except CALL_ERRORS:
        token = _token(change, plan_id, "restored")
        backup.create_backup_selection(
            BackupPlanId=plan_id, BackupSelection=change.before, CreatorRequestId=token
        )
        raise


def _delete_selection(backup: Client, change: Change, plan_id: str) -> None:
    backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=change.aws_id)


#: The call for each change, given the id of its plan where it has one; a new plan's id is answered. Vaults of
#: every Region come before plans, whose rules copy into them, and deletions last.
_CALLS: Final[dict[tuple[ChangeKind, Action], Callable[[Client, Change, str], str | None]]] = {
    (ChangeKind.SETTINGS, Action.UPDATE): _update_settings,
    (ChangeKind.VAULT, Action.CREATE): _create_vault,
    (ChangeKind.LOCK, Action.CREATE): _put_lock,
    (ChangeKind.LOCK, Action.UPDATE): _put_lock,
    (ChangeKind.PLAN, Action.CREATE): _create_plan,
    (ChangeKind.PLAN, Action.UPDATE): _update_plan,
    (ChangeKind.SELECTION, Action.CREATE): _create_selection,
    (ChangeKind.SELECTION, Action.UPDATE): _replace_selection,
    (ChangeKind.SELECTION, Action.DELETE): _delete_selection,
    (ChangeKind.PLAN, Action.DELETE): _delete_plan,
}
_ORDER: Final = tuple(_CALLS)


def _key(change: Change) -> tuple[str, ChangeKind, str, Action]:
    return change.region, change.kind, change.name, change.action


def _token(change: Change, *parts: str) -> str:
    known = (change.token, change.account, change.region, change.kind)
    return request_token(*known, *parts, document=change.after or {})
