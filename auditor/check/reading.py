"""All that one input declares, whatever its format."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from auditor.check.declared import (
    DeclaredOptIns,
    DeclaredPlan,
    DeclaredResource,
    DeclaredSelection,
    DeclaredVault,
    Place,
)
from auditor.check.declared_changes import DeclaredChange, Removed
from auditor.check.declared_policies import DeclaredNode, DeclaredPolicy, DeclaredTerm
from auditor.check.declared_stacks import DeclaredStack, OpenSet
from auditor.check.declared_subjects import DeclaredRole, DeclaredSubject, RoleWords, Versioning
from auditor.check.key_managers import ToldKey, agreed
from auditor.check.keys import DeclaredKey, KeyUse, key_subjects, keys_of_vaults
from auditor.check.native import DeclaredLifecyclePolicy
from auditor.model.key_managers import CUSTOMER


@dataclass(slots=True)
class Reading:
    """All that one input declares.

    `incomplete` says why something may be missing from it, "" when nothing is, `partial` why it does not have
    what else may protect, and `anywhere` what may protect whatever any input has; `taken_away` has the place
    of what a stack has no more, by its address, `stack_tags` are those that all of a stack gets; `assumed`
    are sentences. `modules` has the source of each module by its path without keys. `stack` is the path to a
    nested stack, such as "Data/", "" for what is none, and `nested` are the readings of those that a template
    makes, `apart` of those that it makes in other accounts and Regions. `stacks` are those that an input of
    another format makes, and `open_sets` are its stack sets that may make more. `key_aliases` has for the ARN
    of an alias that of its key, "" where that is not known; `key_managers` has who manages keys that it has
    read, by their ARNs.
    `no_account_copies` says that the organization switches copies into other accounts off, and
    `account_copies_fault` why that is not known.
    `not_looked_at` counts what is declared and not judged, by type. `nodes` are of the tree of an
    organization; `nodes_before` and `policies_before` are as they were, where anything of them changes. What
    comes of them stands in one reading: `accounts` are those of a tree that a file tells whole, `made_up`
    stand for accounts of which the id is not known, each for another one, `units` are the organizational
    units of accounts, from below the root, where they are known, `open_accounts` say of some why their plans
    are not known, in a clause, and `lost_plans` are account, Region and name of plans that are given no more.
    """

    file: str
    kind: str
    stack: str = ""
    nested: "list[Reading]" = field(default_factory=list)
    apart: "list[Reading]" = field(default_factory=list)
    resources: list[DeclaredResource] = field(default_factory=list)
    plans: list[DeclaredPlan] = field(default_factory=list)
    selections: list[DeclaredSelection] = field(default_factory=list)
    vaults: list[DeclaredVault] = field(default_factory=list)
    opt_ins: list[DeclaredOptIns] = field(default_factory=list)
    lifecycle_policies: list[DeclaredLifecyclePolicy] = field(default_factory=list)
    changes: list[DeclaredChange] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    policies: list[DeclaredPolicy] = field(default_factory=list)
    terms: list[DeclaredTerm] = field(default_factory=list)
    subjects: list[DeclaredSubject] = field(default_factory=list)
    versionings: list[Versioning] = field(default_factory=list)
    roles: list[DeclaredRole] = field(default_factory=list)
    role_words: list[RoleWords] = field(default_factory=list)
    keys: list[DeclaredKey] = field(default_factory=list)
    key_uses: list[KeyUse] = field(default_factory=list)
    key_aliases: dict[str, str] = field(default_factory=dict)
    key_managers: dict[str, str] = field(default_factory=dict)
    no_account_copies: bool = False
    account_copies_fault: str = ""
    nodes: list[DeclaredNode] = field(default_factory=list)
    nodes_before: list[DeclaredNode] = field(default_factory=list)
    policies_before: list[DeclaredPolicy] = field(default_factory=list)
    lost_plans: set[tuple[str, str, str]] = field(default_factory=set)
    accounts: frozenset[str] = frozenset()
    made_up: frozenset[str] = frozenset()
    units: dict[str, tuple[str, ...]] = field(default_factory=dict)
    open_accounts: dict[str, str] = field(default_factory=dict)
    incomplete: str = ""
    partial: str = ""
    anywhere: str = ""
    taken_away: dict[str, Place] = field(default_factory=dict)
    stack_tags: dict[str, str] = field(default_factory=dict)
    assumed: list[str] = field(default_factory=list)
    modules: dict[str, str] = field(default_factory=dict)
    stacks: list[DeclaredStack] = field(default_factory=list)
    open_sets: list[OpenSet] = field(default_factory=list)
    not_looked_at: Counter[str] = field(default_factory=Counter)

    def places(self) -> set[Place]:
        """Every account and Region in which it declares something."""
        return {
            *(one.place for one in self.resources),
            *(one.place for one in self.selections),
            *(one.place for one in self.vaults),
            *(one.place for one in self.opt_ins),
            *(one.place for one in self.lifecycle_policies),
            *(one.place for one in self.changes),
            *(one.place for one in self.plans),
            *(one.place for one in self.terms),
            *(one.place for one in self.subjects),
            *(one.place for one in self.role_words),
            *(one.place for one in self.keys),
            *(place for one in self.nested for place in one.places()),
        }


def vault_keys(readings: Sequence[Reading]) -> dict[tuple[Place, str], ToldKey]:
    """Who manages the key of each vault of which an input says it, by account and Region and name."""
    return keys_of_vaults(_managers(readings), (use for one in readings for use in one.key_uses))


def source_keys(readings: Sequence[Reading]) -> dict[str, ToldKey]:
    """Who manages the key of each resource of which an input says it, by the ARN of the resource."""
    known = _managers(readings)
    found: defaultdict[str, list[ToldKey]] = defaultdict(list)
    for resource in (resource for one in readings for resource in one.resources):
        if resource.key is not None:
            place = resource.place
            start = f"arn:{place.partition}:kms:{place.region}:{place.account_id}:"
            found[resource.arn].append(resource.key.told(start, known))
    return {arn: agreed(told) for arn, told in found.items()}


def _managers(readings: Sequence[Reading]) -> dict[str, str]:
    """Who manages each key that an input makes, or has read, by its ARN."""
    read = {arn: manager for one in readings for arn, manager in one.key_managers.items()}
    return read | dict.fromkeys((key.arn for one in readings for key in one.keys), CUSTOMER)


def declared_subjects(readings: Sequence[Reading], others: Sequence[KeyUse] = ()) -> list[DeclaredSubject]:
    """What has facts of its own, with the keys that a vault of any input uses, or one of the `others`."""
    keys = (key for one in readings for key in one.keys)
    uses = (*(use for one in readings for use in one.key_uses), *others)
    aliases = {alias: key for one in readings for alias, key in one.key_aliases.items()}
    return [*(subject for one in readings for subject in one.subjects), *key_subjects(keys, uses, aliases)]


def all_places(readings: Sequence[Reading], others: Sequence[DeclaredSubject]) -> list[Place]:
    """Every account and Region in which something is declared, or one of the `others` lies."""
    return in_order({one.place for one in others}.union(*(one.places() for one in readings)))


def in_order(found: Iterable[Place]) -> list[Place]:
    """Accounts and Regions in a fixed order."""
    return sorted(found, key=lambda place: (place.account_id, place.region))


def perhaps_planned(readings: Sequence[Reading]) -> set[str]:
    """The accounts of policies of which nothing is known, unless a tree says what becomes of them."""
    if any(one.accounts for one in readings):
        return set()
    open_ = {term.place.account_id for one in readings for term in one.terms if term.fault}
    return open_ - {one.plan.account_id for reading in readings for one in reading.plans}
