"""What a plan deletes or replaces of all that protects: plans, selections, vaults, locks, policies, roles."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from auditor.check.declared import Declaration, DeclaredChange
from auditor.check.terraform.instances import Instance
from auditor.check.terraform.places import Places

Json = Any

_SELECTION: Final = "aws_backup_selection"
_ROLE: Final = "aws_iam_role"
_ATTACHMENT: Final = "aws_iam_role_policy_attachment"
_POLICY: Final = "aws_organizations_policy"
#: AWS's managed policies for backup roles begin so.
_MANAGED: Final = "policy/service-role/AWSBackupServiceRolePolicy"
_BACKUP_POLICY: Final = "BACKUP_POLICY"
_KINDS: Final[Mapping[str, str]] = {
    "aws_backup_plan": "plan",
    _SELECTION: "selection",
    "aws_backup_vault": "vault",
    "aws_backup_logically_air_gapped_backup_vault": "vault",
    "aws_backup_vault_lock_configuration": "lock",
    "aws_backup_vault_policy": "vault policy",
    _ROLE: "role",
    _ATTACHMENT: "role policy",
    _POLICY: "organization policy",
}
#: What makes two of a type do the same; a type that is not here is never kept by another.
_SAME: Final[Mapping[str, tuple[str, ...]]] = {
    _SELECTION: ("resources", "not_resources", "selection_tag", "condition"),
    "aws_backup_vault_lock_configuration": (
        "backup_vault_name",
        "min_retention_days",
        "max_retention_days",
        "changeable_for_days",
    ),
    "aws_backup_vault_policy": ("backup_vault_name", "policy"),
    _ATTACHMENT: ("role", "policy_arn"),
}


def changes(instances: Sequence[Instance], places: Places, file: str) -> Iterator[DeclaredChange]:
    """Each deletion and replacement; what Terraform only forgets is neither."""
    roles = _roles(instances)
    staying = [one for one in instances if one.type in _SAME and not one.gone]
    for instance in instances:
        action = _action(instance)
        if action and _protects(instance, roles):
            yield DeclaredChange(
                place=places.of(instance),
                kind=_KINDS[instance.type],
                action=action,
                name=_name(instance),
                declaration=Declaration(file, instance.address),
                made_first=instance.actions == ("create", "delete"),
                kept_by=_kept_by(instance, staying, instances),
            )


def _action(instance: Instance) -> str:
    if instance.type not in _KINDS or "delete" not in instance.actions:
        return ""
    return "deleted" if instance.gone else "replaced"


def _protects(instance: Instance, roles: Mapping[str, str]) -> bool:
    """Of roles and policies, only those that backups need."""
    if instance.type == _ROLE:
        return instance.before.get("arn") in roles
    if instance.type == _ATTACHMENT:
        attached = str(instance.before.get("policy_arn"))
        return _MANAGED in attached or instance.before.get("role") in roles.values()
    return instance.type != _POLICY or instance.before.get("type") == _BACKUP_POLICY


def _roles(instances: Sequence[Instance]) -> dict[str, str]:
    """ARNs and names of the roles that selections back up with, before the change."""
    found = {}
    for instance in instances:
        arn = instance.before.get("iam_role_arn")
        if instance.type == _SELECTION and isinstance(arn, str):
            found[arn] = arn.rpartition("/")[2]
    return found


def _kept_by(instance: Instance, staying: Sequence[Instance], instances: Sequence[Instance]) -> str:
    if instance.type == "aws_backup_plan":
        return _plan_kept_by(instance, staying, instances)
    if instance.type not in _SAME:
        return ""
    same = _same(instance)
    return next((one.address for one in staying if one.type == instance.type and same(one)), "")


def _plan_kept_by(plan: Instance, staying: Sequence[Instance], instances: Sequence[Instance]) -> str:
    """The plan's selections say what it protects: all of them must have an equal one."""
    held = [
        one
        for one in instances
        if one.type == _SELECTION and one.before.get("plan_id") == plan.before.get("id") is not None
    ]
    kept = [
        next((other.address for other in staying if other.type == _SELECTION and _same(one)(other)), "")
        for one in held
    ]
    return kept[0] if kept and all(kept) else ""


def _same(instance: Instance) -> Callable[[Instance], bool]:
    """Whether another instance will do what this one did."""
    before = {key: _plain(instance.before.get(key)) for key in _SAME[instance.type]}

    def same(other: Instance) -> bool:
        return all(_plain(other.values.get(key)) == value for key, value in before.items())

    return same


def _plain(value: Json) -> Json:
    """A value in which the order of a set, and null or an empty list, make no difference."""
    if isinstance(value, Mapping):
        items = ((key, _plain(item)) for key, item in value.items())
        return {key: item for key, item in items if item is not None} or None
    if isinstance(value, list):
        return sorted((_plain(item) for item in value), key=repr) or None
    return value


def _name(instance: Instance) -> str:
    name = instance.before.get("name") or instance.before.get("backup_vault_name")
    return name if isinstance(name, str) and name else instance.address
