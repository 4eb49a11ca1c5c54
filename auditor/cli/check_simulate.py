"""`--simulate` of `auditor check`: the executor's engine runs the plans of a change.

A check judges, and shares no code with what makes backups: this is where both meet.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from auditor.check.simulated import SimulatedPoints
from auditor.check.simulation import EngineOutcome, PlannedResources, RuleNumber
from auditor.executor.simulation.drivers import real_drivers
from auditor.executor.simulation.outcomes import HeldPoints, PlanRule, outcomes
from auditor.executor.simulation.scenario import DEFAULT_ACCOUNT, DEFAULT_REGION, GivenVault, Plan, Scenario
from auditor.model.arn import Arn
from auditor.model.errors import AuditorError
from auditor.model.plans import Lifecycle, Rule
from auditor.model.vaults import VaultLock

if TYPE_CHECKING:
    Document = dict[str, Any]

#: How placeholders of accounts and Regions begin that no input names.
_UNNAMED: Final = ("00000", "unknown-region-")
_KEY: Final = "simulated"


def run(planned: PlannedResources, start: datetime, end: datetime) -> EngineOutcome:
    """Let the engine back up one resource, as every one of `planned` is.

    Names are made up, so that none of an input is refused; AWS's own limits hold.

    Raises:
        AuditorError: the executor does not know the resource type, or AWS Backup would refuse a plan.
    """
    if planned.resource_type not in {driver.resource_type for driver in real_drivers()}:
        raise AuditorError(f"the executor does not simulate {planned.resource_type}")
    return _Translation(planned).run(start, end)


class _Translation:
    """Plans of a check in the words of the executor, and back."""

    def __init__(self, planned: PlannedResources) -> None:
        self._planned = planned
        self._account, self._region = (
            default if given.startswith(_UNNAMED) else given
            for given, default in ((planned.account_id, DEFAULT_ACCOUNT), (planned.region, DEFAULT_REGION))
        )
        self._vaults: dict[tuple[str, str], str] = {}
        self._notes: dict[str, None] = {}

    def run(self, start: datetime, end: datetime) -> EngineOutcome:
        plans = [
            Plan({"BackupPlanName": f"p{number}", "Rules": [*self._rules(number)]}, [self._selection()])
            for number in range(len(self._planned.plans))
        ]
        vaults = [self._vault(name, region, made) for (name, region), made in self._vaults.items()]
        scenario = Scenario(
            plans=plans,
            resources=[{"type": self._planned.resource_type, "name": "r", "tags": {_KEY: _KEY}}],
            vaults=vaults,
            accounts=(self._account,),
            regions=(self._region,),
            partition=self._planned.partition,
        )
        found = next(iter(outcomes(scenario, start, end).values()), None)
        if found is None:
            return EngineOutcome({}, {}, {}, (), (*self._notes,))
        names = {made: name for (name, _), made in self._vaults.items()}
        points = [self._points(held, count, names) for held, count in sorted(found.points.items())]
        return EngineOutcome(
            {_number(rule): times for rule, times in found.came.items()},
            {_number(rule): said for rule, said in found.failed.items()},
            {_number(rule): said for rule, said in found.copies_failed.items()},
            points,
            (*self._notes,),
        )

    def _rules(self, plan: int) -> Iterator["Document"]:
        for number, rule in enumerate(self._planned.plans[plan].rules):
            copies = [
                {"DestinationBackupVaultArn": arn, **_lifecycle(copy.lifecycle)}
                for copy in rule.copy_actions
                if (arn := self._copied_to(copy.destination_vault_arn))
            ]
            if rule.air_gapped_vault_arn:
                self._notes[
                    "what goes to a logically air-gapped vault as a second target is not simulated"
                ] = None
            yield {
                "RuleName": f"r{number}",
                "TargetBackupVaultName": self._named(rule.target_vault, self._region),
                **_times(rule),
                **_lifecycle(rule.lifecycle),
                **({"CopyActions": copies} if copies else {}),
            }

    def _selection(self) -> "Document":
        tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": _KEY, "ConditionValue": _KEY}
        role = f"arn:{self._planned.partition}:iam::{self._account}:role/simulated"
        return {"SelectionName": _KEY, "IamRoleArn": role, "ListOfTags": [tag]}

    def _named(self, name: str, region: str) -> str:
        return self._vaults.setdefault((name, region), f"v{len(self._vaults)}-{_KEY}")

    def _copied_to(self, written: str) -> str:
        """The ARN of the vault of a copy, "" where that is in another account or not known."""
        arn = Arn.parse(written)
        named = {self._planned.account_id: self._account, self._planned.region: self._region}
        account, region = named.get(arn.account_id, arn.account_id), named.get(arn.region, arn.region)
        if account != self._account or not region:
            self._notes["copies into another account are not simulated"] = None
            return ""
        made = self._named(arn.resource.partition(":")[2], region)
        return f"arn:{self._planned.partition}:backup:{region}:{account}:backup-vault:{made}"

    def _vault(self, name: str, region: str, made: str) -> GivenVault:
        lock = self._planned.locks.get(name) if region == self._region else None
        return GivenVault(made, region, None, _limits(lock) if lock and lock.locked else None)

    def _points(self, held: HeldPoints, count: int, names: dict[str, str]) -> SimulatedPoints:
        region = "" if held.region == self._region else held.region
        return SimulatedPoints(names.get(held.vault, held.vault), region, held.cold, held.copied, count)


def _number(rule: PlanRule) -> RuleNumber:
    return int(rule.plan[1:]), int(rule.rule[1:])


def _times(rule: Rule) -> "Document":
    return {
        "ScheduleExpression": rule.schedule,
        "ScheduleExpressionTimezone": rule.timezone,
        "StartWindowMinutes": rule.start_window_minutes,
        "CompletionWindowMinutes": rule.completion_window_minutes,
        "EnableContinuousBackup": rule.continuous,
    }


def _lifecycle(lifecycle: Lifecycle) -> "Document":
    days = {
        "DeleteAfterDays": lifecycle.delete_after_days,
        "MoveToColdStorageAfterDays": lifecycle.move_to_cold_after_days,
    }
    known = {key: value for key, value in days.items() if value is not None}
    return {"Lifecycle": known} if known else {}


def _limits(lock: VaultLock) -> dict[str, int]:
    days = {"MinRetentionDays": lock.min_retention_days, "MaxRetentionDays": lock.max_retention_days}
    return {key: value for key, value in days.items() if value is not None}
