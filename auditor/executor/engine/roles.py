"""Check, each time a role is used, whether AWS Backup may assume it, and what the role may do.

The role must exist in the job's account, its trust policy must let the backup service assume it, and it must
be allowed what the job does (`services.permissions`; aws-backup.md 4.7). The drivers act as the executor's
own role, so IAM is asked: `iam:GetRole` and `iam:SimulatePrincipalPolicy`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from threading import Lock
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from auditor.executor.engine import access, policies
from auditor.executor.engine.run import EngineRun
from auditor.executor.seam.calls import driver_error, error_code
from auditor.executor.seam.driver import Clients, DriverError
from auditor.executor.seam.permissions import Act, Need, Task, needs
from auditor.executor.service import BackupService, RoleUse
from auditor.model.arn import Arn, place_of
from auditor.model.errors import UsageError

#: The service's principals by partition; in China some services have a second one.
PRINCIPALS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws": ("backup.amazonaws.com",),
    "aws-cn": ("backup.amazonaws.com", "backup.amazonaws.com.cn"),
    "aws-us-gov": ("backup.amazonaws.com",),
}

#: IAM is one for a partition; its endpoint is asked for in this Region.
_REGIONS: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

#: For how long what a role may do is known without asking again.
REMEMBERED: Final = timedelta(minutes=5)

#: How many resources are expected at most; of more the oldest are asked about alone.
EXPECTED: Final = 10_000

#: For how long IAM is left alone in an account where it did not answer.
LEFT_ALONE: Final = timedelta(minutes=1)

_ASSUME: Final = "sts:AssumeRole"

#: What tells passes apart: account, role, Region, and what it is needed for. None: to be assumed at all.
_Key = tuple[str, str, str, Need | None]
#: What differs between the questions that one call can ask: the resource alone, within one account.
_Group = tuple[str, str, str, tuple[str, ...], bool, str]


def check(service: BackupService, role_arn: str | None, task: Task) -> None:
    """Raise `DriverError` (ACCESS_DENIED) where the service may not assume the role, or the role not do it.

    A restore may name no role; then there is nothing to ask. What was copied into another account is deleted
    with the service-linked role there, as the job's role is not of that account (AWS Backup Developer Guide,
    "Using service-linked roles"). Raises a transient `DriverError` where it cannot be found out.
    """
    use = _use(service, role_arn, task)
    message = None if use is None or service.check_role is None else service.check_role(use)
    if message is not None:
        raise DriverError(message, "ACCESS_DENIED")


def are_asked(run: EngineRun, moment: int) -> bool:
    """Whether the run comes to `moment` and asks about roles: then `expect` makes fewer questions of many."""
    return run.service.check_role is not None and moment < run.until


def expect(service: BackupService, role_arn: str | None, task: Task) -> None:
    """Say that `check` will be called soon."""
    use = _use(service, role_arn, task)
    if use is not None and service.check_role is not None:
        service.check_role.expect(use)


def _use(service: BackupService, role_arn: str | None, task: Task) -> RoleUse | None:
    if service.check_role is None or role_arn is None:
        return None
    scope = task.scope
    if task.act is Act.DELETE and place_of(role_arn)[0] != scope.account_id:
        return None
    return RoleUse(role_arn, scope.account_id, scope.region, needs(task))


class Roles:
    """A `RoleCheck` that asks IAM. What passes is `remembered` for so long, for its resource alone.

    One question names up to 100 resources: the one at hand and others that are expected to be asked about.
    """

    def __init__(
        self, clients: Clients, clock: Callable[[], datetime], remembered: timedelta = REMEMBERED
    ) -> None:
        self._clients = clients
        self._clock = clock
        self._remembered = remembered
        self._passed: dict[_Key, datetime] = {}
        self._expected: dict[tuple[_Group, str], None] = {}
        self._silent: dict[str, tuple[datetime, str, str]] = {}
        self._lock = Lock()

    def __call__(self, use: RoleUse) -> str | None:
        """None where the role may be assumed and may do it, else AWS Backup's message."""
        with self._lock:
            for need in use.needs:
                self._expected.pop((_group(use, need), need.arn), None)
        if not self._is_known(use, None):
            if not self._is_assumable(use):
                return f"The provided role {use.role_arn} cannot be assumed by AWS Backup."
            self._remember([_key(use, None)])
        for need in use.needs:
            message = None if self._is_known(use, need) else self._ask(use, need)
            if message is not None:
                return message
        return None

    def expect(self, use: RoleUse) -> None:
        """Have the next question of the kind ask about this, too."""
        for need in use.needs:
            if not self._is_known(use, need):
                with self._lock:
                    self._expected[_group(use, need), need.arn] = None
                    if len(self._expected) > EXPECTED:
                        del self._expected[next(iter(self._expected))]

    def forget(self) -> None:
        """Ask IAM for everything again."""
        with self._lock:
            self._passed.clear()
            self._expected.clear()
            self._silent.clear()

    def _ask(self, use: RoleUse, need: Need) -> str | None:
        """IAM's refusal of `need`, None where it is allowed."""
        arns = [need.arn, *self._others(use, need)]
        found = self._refusals(use, need, arns)
        if found[need.arn] is not None and len(arns) > 1:  # one answer for many is the strictest of theirs
            found |= self._refusals(use, need, [need.arn])
        passed = [
            Need(need.actions, arn, need.of_backup) for arn, message in found.items() if message is None
        ]
        self._remember(_key(use, one) for one in passed)
        return found[need.arn]

    def _refusals(self, use: RoleUse, need: Need, arns: list[str]) -> dict[str, str | None]:
        client = self._client(use)
        try:
            return policies.refusals(client, use, need, arns)
        except (ClientError, BotoCoreError) as error:
            raise self._unanswered(use, "iam:SimulatePrincipalPolicy", error) from error

    def _others(self, use: RoleUse, need: Need) -> list[str]:
        """The next ones to be asked about with `need`; each is asked about once."""
        wanted = _group(use, need)
        with self._lock:
            alike = (arn for group, arn in self._expected if group == wanted)
            taken = list(islice(alike, policies.AT_ONCE - 1))
            for arn in taken:
                del self._expected[wanted, arn]
        return taken

    def _is_known(self, use: RoleUse, need: Need | None) -> bool:
        now = self._clock()
        with self._lock:
            return now < self._passed.get(_key(use, need), now)

    def _remember(self, keys: Iterable[_Key]) -> None:
        """Passes stand in the order in which they are forgotten."""
        now = self._clock()
        with self._lock:
            while self._passed and self._passed[oldest := next(iter(self._passed))] <= now:
                del self._passed[oldest]
            for key in keys:
                self._passed.pop(key, None)
                self._passed[key] = now + self._remembered

    def _is_assumable(self, use: RoleUse) -> bool:
        try:
            role = Arn.parse(use.role_arn)
        except UsageError:
            return False
        if role.account_id != use.account_id or role.partition not in PRINCIPALS:
            return False
        found = self._role(use, role)
        return found is not None and found["Arn"] == use.role_arn and _trusts(found, role)

    def _role(self, use: RoleUse, role: Arn) -> dict[str, Any] | None:
        """What IAM says of the role, None when there is no such role."""
        client = self._client(use)
        try:
            found: dict[str, Any] = client.get_role(RoleName=role.resource.rpartition("/")[2])["Role"]
        except (ClientError, BotoCoreError) as error:
            if error_code(error) == "NoSuchEntity":
                return None
            raise self._unanswered(use, "iam:GetRole", error) from error
        return found

    def _client(self, use: RoleUse) -> Any:
        """The account's IAM; raises its last error for a while where it did not answer."""
        now = self._clock()
        with self._lock:
            until, message, category = self._silent.get(use.account_id, (now, "", ""))
        if now < until:
            raise DriverError(message, category, transient=True)
        try:
            return self._clients("iam", use.account_id, _REGIONS[Arn.parse(use.role_arn).partition])
        except DriverError as error:  # the executor's own role in the account: nothing is found out without
            raise DriverError(error.message, error.category, transient=True) from error

    def _unanswered(self, use: RoleUse, action: str, error: ClientError | BotoCoreError) -> DriverError:
        """The error when IAM cannot be asked: neither a pass nor a refusal, so it is asked again later."""
        known = driver_error(error)
        message, denied = known.message, known.category == "ACCESS_DENIED"
        if denied:
            message = f"Allow {action} to the executor's role in account {use.account_id}: {message}"
        if denied or known.transient:
            with self._lock:
                self._silent[use.account_id] = (self._clock() + LEFT_ALONE, message, known.category)
        return DriverError(message, known.category, transient=True)


def _key(use: RoleUse, need: Need | None) -> _Key:
    return (use.account_id, use.role_arn, "" if need is None else use.region, need)


def _group(use: RoleUse, need: Need) -> _Group:
    owner = place_of(need.arn)[0]
    return (use.account_id, use.role_arn, use.region, need.actions, need.of_backup, owner)


def _trusts(found: Mapping[str, Any], role: Arn) -> bool:
    """Whether the trust policy lets the service in: a statement allows it, and none denies it.

    A condition may depend on what only AWS knows about the call. It then counts as met where it allows, and
    as not met where it denies: no job fails for a policy that cannot be judged here.
    """
    statements = access.statements_of(found.get("AssumeRolePolicyDocument") or {})
    context = {"aws:sourceaccount": role.account_id}
    named = [row for row in statements if _names(row, PRINCIPALS[role.partition])]

    def applies(effect: str, *, unknown: bool) -> bool:
        return any(
            row.get("Effect") == effect and access.conditions_hold(row, context, unknown=unknown)
            for row in named
        )

    return applies("Allow", unknown=True) and not applies("Deny", unknown=False)


def _names(statement: Mapping[str, Any], principals: Iterable[str]) -> bool:
    """Whether a statement is about the service and about AssumeRole."""
    principal = statement.get("Principal")
    services = access.listed(principal.get("Service", [])) if isinstance(principal, dict) else []
    actions = [str(action) for action in access.listed(statement.get("Action", []))]
    return (principal == "*" or bool(set(services) & set(principals))) and any(
        access.wildcard(action.lower(), _ASSUME.lower()) for action in actions
    )
