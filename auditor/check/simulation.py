"""What plans will do: the resources for which the same happens, and what a simulation says of them.

The engine that simulates is no part of a check: whoever calls it hands one in.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from auditor.check.simulated import SimulatedPoints, SimulatedResources, SimulatedRule, Simulation
from auditor.derive.schedule import Schedule
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.membership import answering
from auditor.model.errors import AuditorError
from auditor.model.plans import BackupPlan, CopyAction, Rule
from auditor.model.vaults import VaultLock

#: The most backups that are simulated, of all that is different; each beginning costs as much as some.
MOST_DUE: Final = 40_000
_BEGINNING: Final = 20
_UNDECIDED: Final = -1
_HOUR_MS: Final = 3_600_000
_TOO_MANY: Final = (
    f"more than {MOST_DUE:,} backups are due in all; simulate fewer days, or check fewer inputs"
)
#: What is said of resources whose plans have no rule, as AWS Backup takes none without one.
NO_RULE: Final = "no plan has a rule for them"

#: The number of a plan, and of a rule in it.
RuleNumber = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PlannedResources:
    """Resources of one type, account and Region that the same plans select; `names` are addresses or ARNs.

    `locks` are those of the vaults that are known, by name.
    """

    account_id: str
    region: str
    partition: str
    resource_type: str
    names: Sequence[str]
    plans: Sequence[BackupPlan]
    locks: Mapping[str, VaultLock]

    def rules(self) -> Iterator[tuple[RuleNumber, BackupPlan, Rule]]:
        """Each rule of each plan with its number."""
        for number, plan in enumerate(self.plans):
            for place, rule in enumerate(plan.rules):
                yield (number, place), plan, rule

    @property
    def sort(self) -> str:
        """The same where the same happens and the same is said of it, wherever that is."""
        own = f":{self.region}:{self.account_id}:"

        def elsewhere(copy: CopyAction) -> CopyAction:
            return replace(copy, destination_vault_arn=copy.destination_vault_arn.replace(own, ":::"))

        rules = [
            (
                one,
                replace(
                    rule,
                    rule_id="",
                    copy_actions=tuple(map(elsewhere, rule.copy_actions)),
                    air_gapped_vault_arn=rule.air_gapped_vault_arn.replace(own, ":::"),
                ),
            )
            for one, _, rule in self.rules()
        ]
        plans = [(plan.name, plan.fault) for plan in self.plans]
        into = {name for _, _, rule in self.rules() for name in _led_into(rule)}
        locks = sorted((name, str(lock)) for name, lock in self.locks.items() if name in into)
        return repr((self.resource_type, self.partition, plans, rules, locks))


def _led_into(rule: Rule) -> Iterator[str]:
    """The names of the vaults that a rule leads into."""
    yield rule.target_vault
    for arn in rule.named_vaults:
        yield arn.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class EngineOutcome:
    """What an engine says of one resource, by rule: times (ms) of what comes, messages of what fails."""

    came: Mapping[RuleNumber, Sequence[int]]
    failed: Mapping[RuleNumber, Sequence[str]]
    copies_failed: Mapping[RuleNumber, Sequence[str]]
    points: Sequence[SimulatedPoints]
    notes: Sequence[str] = ()


#: Runs the plans of some resources from a time to another, UTC; raises `AuditorError` where AWS would refuse.
Run = Callable[[PlannedResources, datetime, datetime], EngineOutcome]


@dataclass(frozen=True, slots=True)
class Simulator:
    """For how many days something is simulated, and by what."""

    days: int
    run: Run

    def simulated(
        self, inventories: Iterable[Inventory], names: Mapping[str, str], as_of: datetime
    ) -> Simulation:
        """What the plans do from the day of `as_of` on; `names` are addresses by ARN."""
        start = as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        once = _Once(self.run, start, start + timedelta(days=self.days), MOST_DUE)
        found: list[SimulatedResources] = []
        for inventory in inventories:
            planned, open_ = _planned(inventory, names)
            found += open_
            found += [once.of(one) for one in planned]
        return Simulation(
            f"{start:%Y-%m-%dT%H:%M:%SZ}", self.days, sorted(found, key=lambda one: one.worst_first)
        )


@dataclass(slots=True)
class _Once:
    """Runs what is the same once."""

    run: Run
    start: datetime
    end: datetime
    left: int
    _known: dict[str, SimulatedResources] = field(default_factory=dict)

    def of(self, planned: PlannedResources) -> SimulatedResources:
        sort = planned.sort
        if sort not in self._known:
            self._known[sort] = self._simulated(planned)
        known, names = self._known[sort], planned.names
        return replace(known, names=names, account_id=planned.account_id, region=planned.region)

    def _simulated(self, planned: PlannedResources) -> SimulatedResources:
        made = SimulatedResources(planned.names, planned.account_id, planned.region, planned.resource_type)
        faults = [f"{plan.name}: {plan.fault}" for plan in planned.plans if plan.fault]
        if faults:
            return replace(made, fault="; ".join(faults))
        try:
            due = {number: self._due(rule) for number, _, rule in planned.rules()}
            cost = _BEGINNING + sum(due.values())
            if cost > self.left:
                return replace(made, fault=_TOO_MANY)
            self.left -= cost
            outcome = self.run(planned, self.start, self.end)
        except AuditorError as error:
            return replace(made, fault=str(error))
        rules = [
            _rule(plan.name, rule.name, due[number], number, outcome)
            for number, plan, rule in planned.rules()
        ]
        times = sorted(time for times in outcome.came.values() for time in times)
        return replace(
            made,
            rules=rules,
            worst_gap_hours=_worst_gap(times, round(self.end.timestamp() * 1_000)),
            points=outcome.points,
            notes=outcome.notes,
        )

    def _due(self, rule: Rule) -> int:
        return len(Schedule.parse(rule.schedule, rule.timezone).due_ms(self.start, self.end))


def _rule(plan: str, name: str, due: int, number: RuleNumber, outcome: EngineOutcome) -> SimulatedRule:
    failed, copies = outcome.failed.get(number, ()), outcome.copies_failed.get(number, ())
    said = Counter([*failed, *copies])
    came = len(outcome.came.get(number, ()))
    why = tuple(message for message, _ in said.most_common(2))
    return SimulatedRule(plan, name, due, came, len(failed), len(copies), why)


def _worst_gap(times: Sequence[int], end: int) -> float | None:
    """Hours between two backups, or from the last one to the end."""
    if not times:
        return None
    return max(later - earlier for earlier, later in pairwise((*times, end))) / _HOUR_MS


def _planned(
    inventory: Inventory, names: Mapping[str, str]
) -> tuple[list[PlannedResources], list[SimulatedResources]]:
    """The resources of an account and Region by type and plans, and those whose plans are not known."""
    scope = inventory.scope
    place = (scope.account.account_id, scope.region)
    plans = {plan.plan_id: plan for plan in inventory.current_plans}
    groups: defaultdict[tuple[str, tuple[str, ...], str], list[str]] = defaultdict(list)
    may_be_others = scope.missing(*SELECTION_TABLES)
    outcomes, members = inventory.outcomes, answering(inventory)
    by_tags = any(one.list_of_tags or one.conditions for one in inventory.selections)
    for index in range(inventory.size):
        column = outcomes[:, index].tolist()
        said = list(zip(inventory.selections, column, strict=True))
        chosen = {one.plan_id for one, code in said if code > 0}
        open_ = {
            one.name or one.selection_id
            for one, code in said
            if code == _UNDECIDED and one.plan_id not in chosen
        }
        fault = f"whether {', '.join(sorted(open_))} selects it is not known" if open_ else ""
        chosen.update(plan_id for plan_id, one in members.items() if one.sure[index])
        open_for = (one.undecided[index] for plan_id, one in members.items() if plan_id not in chosen)
        if may_be_others or chosen - plans.keys() or any(open_for):
            fault = fault or "what else may protect it is not known"
        if by_tags and inventory.tags[index] is None:
            fault = fault or "its tags, which decide what selects it, are not known"
        arn = str(inventory.arn[index])
        key = (str(inventory.resource_type[index]), tuple(sorted(chosen & plans.keys())), fault)
        groups[key].append(names.get(arn, arn))
    locks = {vault.name: vault.lock for vault in inventory.vaults}
    planned, others = [], []
    for (kind, ids, fault), held in groups.items():
        to_run = [plan for plan in (plans[one] for one in ids) if plan.rules or plan.fault]
        if fault or not to_run:
            notes = (NO_RULE,) if ids and not fault else ()
            others.append(SimulatedResources(held, *place, kind, notes=notes, fault=fault))
        else:
            planned.append(PlannedResources(*place, scope.account.partition, kind, held, to_run, locks))
    return planned, others
