"""The simulation: the executor's own operations and engine on a virtual clock.

Resources do not see one another in the engine (one running job and overlapping rules are questions of one
resource), so parts of them can be simulated in processes of their own and the counts added up.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from os import cpu_count
from typing import Any, Final

import orjson
from botocore.exceptions import ParamValidationError
from botocore.validate import validate_parameters

from auditor.executor.api.errors import ServiceError
from auditor.executor.api.protocol import Operation, service_model
from auditor.executor.database.database import Database
from auditor.executor.engine.scheduler import run_all
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.simulation.drivers import null_drivers
from auditor.executor.simulation.scenario import DEFAULT_SELECTION, Document, Plan, Scenario
from auditor.executor.simulation.tally import DatabaseCounter, SimulationTally
from auditor.model.arn import Arn
from auditor.model.errors import UsageError
from auditor.model.plans import BackupPlan

#: Resources times days from which a second process pays for its start.
_WORTH_A_PROCESS: Final = 10_000

#: Changes that the engine gathers before it writes them.
_BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class SimulatedPeriod:
    """What is simulated: `days` from `start` (UTC), recovery points counted `every` so many days."""

    start: datetime
    days: int
    every: int

    def samples(self) -> Iterator[datetime]:
        """The times at which recovery points are counted; the last one is the end."""
        yield from (self.start + timedelta(days=day) for day in range(self.every, self.days, self.every))
        yield self.start + timedelta(days=self.days)


def simulate(
    scenario: Scenario, period: SimulatedPeriod, *, tier_tag: str, workers: int | None = None
) -> SimulationTally:
    """Run `scenario` through `period`.

    `workers` is the number of processes; None takes as many as there are processors and the size is worth.

    Raises:
        UsageError: AWS Backup would refuse a plan, a selection or a vault, with its words.
    """
    if workers is None:
        workers = min(cpu_count() or 1, max(1, scenario.count() * period.days // _WORTH_A_PROCESS))
    if workers == 1:
        return _part(scenario, period, tier_tag, 0, 1)
    tally = SimulationTally()
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        parts = [pool.submit(_part, scenario, period, tier_tag, share, workers) for share in range(workers)]
        for part in parts:
            tally.add(part.result())
    return tally


class _Clock:
    """Virtual time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def _part(
    scenario: Scenario, period: SimulatedPeriod, tier_tag: str, share: int, shares: int
) -> SimulationTally:
    with prepared(scenario, period.start, share, shares) as (database, advance):
        counts = DatabaseCounter(database, tier_tag)
        for moment in period.samples():
            advance(moment)
            counts.sample(moment)
        return counts.finish()


@contextmanager
def prepared(
    scenario: Scenario, start: datetime, share: int = 0, shares: int = 1
) -> Iterator[tuple[Database, Callable[[datetime], None]]]:
    """A database with the plans and vaults of `scenario` at `start`, and what runs the engine until a time.

    Raises:
        UsageError: AWS Backup would refuse a plan, a selection or a vault, with its words.
    """
    clock = _Clock(start)
    database = Database.open()
    try:
        service = BackupService(
            database, clock, null_drivers(*scenario.made(share, shares), scenario.partition)
        )
        for account_id, region in scenario.places():
            _prepare(service, scenario, AccountRegion(account_id, region, scenario.partition))

        def advance(moment: datetime) -> None:
            run_all(service, moment, batch=_BATCH)
            clock.now = moment

        yield database, advance
    finally:
        database.close()


def _prepare(service: BackupService, scenario: Scenario, scope: AccountRegion) -> None:
    """Create the plans, selections and vaults of one account and Region."""
    if scenario.cross_account_backup:
        settings = {"GlobalSettings": {"isCrossAccountBackupEnabled": "true"}}
        _call(service, scope, "UpdateGlobalSettings", settings)
    for plan in _plans(scenario, scope):
        made = _call(service, scope, "CreateBackupPlan", {"BackupPlan": plan.document})
        for selection in plan.selections or [_everything(scope)]:
            own = selection | {"IamRoleArn": _role_in(scope, selection["IamRoleArn"])}
            wanted = {"BackupPlanId": made["BackupPlanId"], "BackupSelection": own}
            _call(service, scope, "CreateBackupSelection", wanted)
    for vault in _vaults(scenario, scope):
        place = AccountRegion(scope.account_id, vault.pop("Region"), scope.partition)
        lock, policy = vault.pop("Lock"), vault.pop("Policy")
        _call(service, place, "CreateBackupVault", {**vault, "CreatorRequestId": "simulation"})
        if lock is not None:
            limits = {"BackupVaultName": vault["BackupVaultName"], **lock}
            _call(service, place, "PutBackupVaultLockConfiguration", limits)
        if policy is not None:
            text = {"BackupVaultName": vault["BackupVaultName"], "Policy": orjson.dumps(policy).decode()}
            _call(service, place, "PutBackupVaultAccessPolicy", text)


def _role_in(scope: AccountRegion, role_arn: str) -> str:
    """The role of the same name in the account: a plan that is for several accounts names that of one."""
    name = role_arn.partition(":role/")[2]
    return f"arn:{scope.partition}:iam::{scope.account_id}:role/{name}" if name else role_arn


def _plans(scenario: Scenario, scope: AccountRegion) -> list[Plan]:
    place = (scope.account_id, scope.region)
    return [plan for plan in scenario.plans if plan.place in {None, place}]


def _vaults(scenario: Scenario, scope: AccountRegion) -> Iterator[Document]:
    """CreateBackupVault's input for each vault, with its Region, lock and policy."""
    if scenario.vaults is None:
        for name, region in sorted(set(_named(_plans(scenario, scope), scope))):
            yield {"BackupVaultName": name, "Region": region, "Lock": None, "Policy": None}
        return
    for vault in scenario.vaults:
        if vault.account_id not in {None, scope.account_id}:
            continue
        key = {} if vault.key_arn is None else {"EncryptionKeyArn": vault.key_arn}
        made = {"BackupVaultName": vault.name, "Region": vault.region or scope.region, **key}
        yield made | {"Lock": vault.lock, "Policy": vault.policy}


def _named(plans: Sequence[Plan], scope: AccountRegion) -> Iterator[tuple[str, str]]:
    """Name and Region of each vault of the account that the plans name."""
    for plan in plans:
        for rule in BackupPlan.rules_of(plan.document):
            yield rule.target_vault, scope.region
            for copy in rule.copy_actions:
                arn = Arn.parse(copy.destination_vault_arn)
                if arn.account_id == scope.account_id:
                    yield arn.resource.partition(":")[2], arn.region


def _everything(scope: AccountRegion) -> Document:
    role = f"arn:{scope.partition}:iam::{scope.account_id}:role/service-role/AWSBackupDefaultServiceRole"
    return {"SelectionName": DEFAULT_SELECTION, "IamRoleArn": role, "Resources": ["*"]}


def _call(service: BackupService, scope: AccountRegion, name: str, given: Document) -> Any:
    """Ask an operation as boto3 would: a member that the service model does not know is refused."""
    model = service_model().operation_model(name)
    shape: Any = model.input_shape
    try:
        validate_parameters(given, shape)
        uri = {
            member.serialization["name"]: given[key]
            for key, member in shape.members.items()
            if member.serialization.get("location") == "uri"
        }
        params = Operation(model).decode(uri, "", orjson.dumps(given))
        return OPERATIONS[name](service, scope, params)
    except ParamValidationError as error:
        raise UsageError(f"boto3 would refuse {name}: {' '.join(str(error).split())}") from error
    except ServiceError as error:
        raise UsageError(f"AWS Backup would refuse {name}: {error.code}: {error.message}") from error
