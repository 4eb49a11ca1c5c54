"""What a plan deletes or replaces of all that protects: plans, selections, vaults, locks, policies, roles."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from auditor.check.declared import Declaration, Place
from auditor.check.declared_changes import DeclaredChange
from auditor.check.managed_policies import of_backup_roles
from auditor.check.policy_documents import BACKUP_POLICY
from auditor.check.terraform.configuration import Configuration
from auditor.check.terraform.documents import written
from auditor.check.terraform.instances import Instance, hides
from auditor.check.terraform.located import Located
from auditor.check.terraform.organization import left
from auditor.check.terraform.restore_tests import RESTORE_TESTS
from auditor.check.terraform.role_losses import Pair, RolePolicies
from auditor.check.terraform.types import (
    AIR_GAPPED,
    ATTACHMENT,
    INLINE_POLICY,
    LOCK,
    OF_AWS,
    ORGANIZATION_POLICY,
    PLAN,
    POLICY_ATTACHMENT,
    RESTORE_TESTED,
    ROLE,
    SELECTION,
    VAULT,
    VAULT_POLICY,
)

Json = Any

_KINDS: Final[Mapping[str, str]] = {
    PLAN: "plan",
    SELECTION: "selection",
    VAULT: "vault",
    AIR_GAPPED: "vault",
    LOCK: "lock",
    VAULT_POLICY: "vault policy",
    ROLE: "role",
    ATTACHMENT: "role policy",
    INLINE_POLICY: "role policy",
    ORGANIZATION_POLICY: "organization policy",
    POLICY_ATTACHMENT: "organization policy",
    **RESTORE_TESTS,
}
#: What makes two of a type do the same; a type that is not here is never kept by another.
_SAME: Final[Mapping[str, tuple[str, ...]]] = {
    SELECTION: ("resources", "not_resources", "selection_tag", "condition"),
    LOCK: ("backup_vault_name", "min_retention_days", "max_retention_days", "changeable_for_days"),
    VAULT_POLICY: ("backup_vault_name", "policy"),
    ATTACHMENT: ("role", "policy_arn"),
    INLINE_POLICY: ("role", "policy"),
    POLICY_ATTACHMENT: ("policy_id", "target_id"),
    RESTORE_TESTED: (
        "restore_testing_plan_name",
        "protected_resource_type",
        "protected_resource_arns",
        "protected_resource_conditions",
    ),
}
#: What has no id of its own, by its names: deleting the old one takes the new one away (aws-backup.md 4.7).
_BY_NAME: Final[Mapping[str, tuple[str, ...]]] = {
    LOCK: ("backup_vault_name",),
    VAULT_POLICY: ("backup_vault_name",),
    ATTACHMENT: ("role", "policy_arn"),
    INLINE_POLICY: ("role", "name"),
}
#: What lies in no Region.
_GLOBAL: Final = (ATTACHMENT, INLINE_POLICY, POLICY_ATTACHMENT)
#: The keys of a place among what something does.
_WHERE: Final = ("account", "region")


class _Staying:
    """What stays, by what it does and where; what of it is not known is no part of that."""

    def __init__(self) -> None:
        self._held: defaultdict[str, dict[frozenset[str], dict[str, str]]] = defaultdict(dict)

    def add(self, instance: Instance, does: Mapping[str, Json], place: Place) -> None:
        hidden = frozenset(key for key, value in does.items() if hides(value))
        nowhere = frozenset(key for key in _WHERE if does[key] in place.unknown)
        for without in dict.fromkeys((hidden, hidden | nowhere)):
            alike = self._held[instance.type].setdefault(without, {})
            alike.setdefault(_spelled(does, without), instance.address)

    def like(self, kind: str, does: Mapping[str, Json]) -> tuple[str, bool]:
        """The address of one that does the same, "" where there is none, and whether all of that is known."""
        found = [
            (alike.get(_spelled(does, without), ""), not without)
            for without, alike in self._held[kind].items()
        ]
        return max(found, key=lambda one: (bool(one[0]), one[1]), default=("", False))


class Changes:
    """The deletions and replacements of one plan; what stays is looked up, not searched.

    `missing` says why something may be missing from the plan, "" when nothing is.
    """

    def __init__(
        self,
        instances: Sequence[Instance],
        places: Located,
        configuration: Configuration,
        file: str,
        missing: str,
    ) -> None:
        self._instances, self._places, self._file, self._missing = instances, places, file, missing
        self._roles = _roles(instances)
        self._role_names = {arn.rpartition("/")[2] for arn in self._roles}
        self._policies = {
            str(one.before.get("id")): one.before.get("type")
            for one in instances
            if one.type == ORGANIZATION_POLICY
        }
        self._staying = _Staying()
        for one in instances:
            if one.type in _SAME and not one.gone:
                values = {key: written(one, key, configuration) for key in _SAME[one.type]}
                place = places.of(one)
                self._staying.add(one, _does(one, values, place), place)
        self._plans_kept_by = self._kept_plans()
        self._attached = RolePolicies(instances, places, configuration)

    def found(self) -> Iterator[DeclaredChange]:
        """Each deletion and replacement; what Terraform only forgets is neither."""
        for instance in self._instances:
            action = _action(instance)
            if action and self._protects(instance):
                kept_by, sure = self._kept_by(instance)
                fault = self._no_type(instance)
                if kept_by and not sure:
                    fault = f"whether {kept_by} does the same is known only after the apply"
                elif self._missing and action == "deleted" and instance.type in (PLAN, *_SAME):
                    fault = f"whether anything does the same is not known: {self._missing}"
                yield DeclaredChange(
                    place=self._places.before(instance),
                    kind=_KINDS[instance.type],
                    action=action,
                    name=_name(instance),
                    declaration=Declaration(self._file, instance.address),
                    made_first=_made_first(instance),
                    kept_by=kept_by if sure else "",
                    fault=fault,
                )
            elif not action:
                yield from self._taken_off(instance)

    def _taken_off(self, instance: Instance) -> Iterator[DeclaredChange]:
        """Policies that backups need and that a change takes off roles, where nothing else attaches them."""
        pairs, fault = self._attached.taken_off(instance)
        needed = {(role, arn) for role, arn in pairs if role in self._role_names or of_backup_roles([arn])}
        kept = {pair: self._kept(instance, pair) for pair in sorted(needed)}
        perhaps = {pair: address for pair, (address, sure) in kept.items() if not (address and sure)}
        lost = [pair for pair, address in perhaps.items() if not address] or [*perhaps]
        if lost:
            unsure, unread = perhaps[lost[0]], self._missing
            fault = fault or (
                f"whether {unsure} does the same is known only after the apply" if unsure else ""
            )
            fault = fault or (f"whether anything does the same is not known: {unread}" if unread else "")
            yield DeclaredChange(
                place=self._places.before(instance),
                kind="role policy",
                action="deleted",
                name=lost[0][0],
                declaration=Declaration(self._file, instance.address),
                fault=fault,
            )

    def _kept(self, instance: Instance, pair: Pair) -> tuple[str, bool]:
        """The address of what keeps a policy attached to a role, and whether that is known."""
        kept_by = self._attached.kept_by(instance, pair)
        does = {"role": pair[0], "policy_arn": pair[1], "account": "", "region": ""}
        does["account"] = self._places.before(instance).account_id
        return kept_by if kept_by[0] else self._staying.like(ATTACHMENT, does)

    def _protects(self, instance: Instance) -> bool:
        """Of roles and policies, only those that backups need, or may need."""
        before = instance.before
        if instance.type == ROLE:
            return str(before.get("arn")) in self._roles
        if instance.type == ATTACHMENT:
            managed = of_backup_roles([str(before.get("policy_arn"))])
            return bool(managed) or str(before.get("role")) in self._role_names
        if instance.type == INLINE_POLICY:
            return str(before.get("role")) in self._role_names
        if instance.type == POLICY_ATTACHMENT:
            policy = str(before.get("policy_id"))
            return policy != OF_AWS and self._policies.get(policy, BACKUP_POLICY) == BACKUP_POLICY
        return instance.type != ORGANIZATION_POLICY or before.get("type") == BACKUP_POLICY

    def _no_type(self, instance: Instance) -> str:
        """Why it is not known whether an attachment is of a backup policy, "" where it is."""
        policy = str(instance.before.get("policy_id"))
        if instance.type != POLICY_ATTACHMENT or policy in self._policies:
            return ""
        return f"the policy {policy} is not in the plan, so it is not known whether it is a backup policy"

    def _kept_by(self, instance: Instance) -> tuple[str, bool]:
        """The address of what will do what this one did, and whether that is known."""
        if instance.type == PLAN:
            return self._plans_kept_by.get(str(instance.before.get("id")), ("", False))
        return self._same(instance) if instance.type in _SAME else ("", False)

    def _same(self, instance: Instance) -> tuple[str, bool]:
        if instance.type in (ATTACHMENT, INLINE_POLICY):
            key = "policy_arn" if instance.type == ATTACHMENT else "name"
            pair = (str(instance.before.get("role")), str(instance.before.get(key)))
            kept_by = self._attached.kept_by(instance, pair)
            if kept_by[0]:
                return kept_by
        return self._staying.like(
            instance.type, _does(instance, instance.before, self._places.before(instance))
        )

    def _kept_plans(self) -> dict[str, tuple[str, bool]]:
        """What does what a plan did, by its id: it protects what its selections say, so all need an equal."""
        held: defaultdict[str, list[tuple[str, bool]]] = defaultdict(list)
        for one in self._instances:
            if one.type == SELECTION and one.before.get("plan_id") is not None:
                held[_plan_id(one)].append(self._same(one))
        return {
            # the least certain of them says how certain it is
            plan_id: min(kept, key=lambda one: one[1])
            for plan_id, kept in held.items()
            if all(address for address, _ in kept)
        }


def _action(instance: Instance) -> str:
    if instance.type not in _KINDS or "delete" not in instance.actions or left(instance):
        return ""
    return "deleted" if instance.gone else "replaced"


def _made_first(instance: Instance) -> bool:
    """Whether the new one is there before the old one is deleted, and stays."""
    keys = _BY_NAME.get(instance.type)
    same = keys is not None and all(instance.value(key) == instance.before.get(key) for key in keys)
    return instance.actions == ("create", "delete") and not same


def _roles(instances: Sequence[Instance]) -> set[str]:
    """ARNs of the roles that selections back up with, before the change."""
    found = (one.before.get("iam_role_arn") for one in instances if one.type == SELECTION)
    return {arn for arn in found if isinstance(arn, str)}


def _plan_id(instance: Instance) -> str:
    """The plan that a selection was of."""
    return str(instance.before.get("plan_id"))


def _does(instance: Instance, values: Mapping[str, Json], place: Place) -> dict[str, Json]:
    """What counts of an instance, and where it lies."""
    region = "" if instance.type in _GLOBAL else place.region
    own = {key: values.get(key) for key in _SAME[instance.type]}
    return {**own, "account": place.account_id, "region": region}


def _spelled(does: Mapping[str, Json], hidden: frozenset[str]) -> str:
    return repr([_plain(value) for key, value in does.items() if key not in hidden])


def _plain(value: Json) -> Json:
    """A value in which the order of a set, and what is null, 0 or empty, make no difference."""
    if isinstance(value, Mapping):
        items = ((key, _plain(value[key])) for key in sorted(value))
        return {key: item for key, item in items if item is not None} or None
    if isinstance(value, list):
        return sorted((found for item in value if (found := _plain(item)) is not None), key=repr) or None
    return value or None


def _name(instance: Instance) -> str:
    name = instance.before.get("name") or instance.before.get("backup_vault_name")
    return name if isinstance(name, str) and name else instance.address
