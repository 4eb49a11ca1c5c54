"""Plans of Terraform as `show -json` writes them, made of a description of their resources.

`first()` is the plan before anything exists, `second()` the one after the apply: the same configuration, with
every value known. Source of the format: Terraform documentation, "JSON Output Format".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

ACCOUNT = "111122223333"
REGION = "eu-west-1"
#: A volume under a key of the customer.
KEYED: dict[str, Any] = {"encrypted": True, "kms_key_id": f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/data"}
_KEYS = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True)
class Later:
    """A value that is known only after the apply, and what its expression refers to."""

    value: Any
    references: Sequence[str] = ()


@dataclass
class Plan:
    """A configuration and its plans."""

    region: str = REGION
    changes: list[Json] = field(default_factory=list)
    modules: dict[str, Json] = field(default_factory=lambda: {"": {"resources": [], "module_calls": {}}})
    more: Json = field(default_factory=dict)
    _later: list[tuple[Json, dict[str, Later]]] = field(default_factory=list)

    def add(
        self,
        address: str,
        actions: Sequence[str] = ("create",),
        *,
        before: Json | None = None,
        expressions: Json | None = None,
        for_each: Sequence[str] = (),
        **values: Any,
    ) -> "Plan":
        """One instance; a value may be `Later`."""
        module, kind, name, index = split(address)
        later = {key: value for key, value in values.items() if isinstance(value, Later)}
        known = {key: value for key, value in values.items() if key not in later}
        gone = tuple(actions) in (("delete",), ("forget",))
        change: Json = {
            "address": address,
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {
                "actions": list(actions),
                "before": before,
                "after": None if gone else known,
                "after_unknown": {} if gone else dict.fromkeys(later, True),
            },
        }
        change |= {"module_address": module} if module else {}
        change |= {} if index is None else {"index": index}
        self.changes.append(change)
        self._later.append((change, later))
        written = {
            key: {"references": with_prefixes(value.references)}
            for key, value in later.items()
            if value.references
        }
        self._configure(module, kind, name, {**written, **(expressions or {})}, for_each)
        return self

    def _configure(
        self, module: str, kind: str, name: str, expressions: Json, for_each: Sequence[str]
    ) -> None:
        resources = self.module(_KEYS.sub("", module))["resources"]
        if not any((one["type"], one["name"]) == (kind, name) for one in resources):
            entry = {
                "address": f"{kind}.{name}",
                "mode": "managed",
                "type": kind,
                "name": name,
                "provider_config_key": "aws",
                "expressions": expressions,
            }
            entry |= {"for_each_expression": {"references": with_prefixes(for_each)}} if for_each else {}
            resources.append(entry)

    def module(self, path: str) -> Json:
        """The configuration of a module, such as `module.a.module.b`."""
        if path not in self.modules:
            parent, _, name = path.rpartition("module.")
            self.modules[path] = {"resources": [], "module_calls": {}, "outputs": {}}
            calls = self.module(parent.rstrip("."))["module_calls"]
            calls[name] = {"module": self.modules[path], "expressions": {}}
        return self.modules[path]

    def call(self, path: str, **arguments: Sequence[str]) -> "Plan":
        """What a module is called with: the references of each argument."""
        self.module(path)
        parent, _, name = path.rpartition("module.")
        call = self.module(parent.rstrip("."))["module_calls"][name]
        call["expressions"] |= {key: {"references": with_prefixes(names)} for key, names in arguments.items()}
        return self

    def output(self, path: str, name: str, *references: str) -> "Plan":
        """An output of a module."""
        self.module(path)["outputs"][name] = {"expression": {"references": with_prefixes(references)}}
        return self

    def first(self) -> Json:
        """The plan before anything exists."""
        return {
            "format_version": "1.2",
            "terraform_version": "1.9.8",
            "resource_changes": self.changes,
            "configuration": {
                "provider_config": {
                    "aws": {
                        "name": "aws",
                        "full_name": "registry.terraform.io/hashicorp/aws",
                        "expressions": {"region": {"constant_value": self.region}},
                    }
                },
                "root_module": self.modules[""],
            },
            **self.more,
        }

    def second(self) -> Json:
        """The plan after the apply: nothing is left to do, and every value is known."""
        applied = []
        for change, later in self._later:
            if change["change"]["actions"] == ["delete"]:
                continue
            after = {**(change["change"]["after"] or {}), **{key: one.value for key, one in later.items()}}
            inside = {"actions": ["no-op"], "before": after, "after": after, "after_unknown": {}}
            applied.append({**change, "change": inside})
        return {**self.first(), "resource_changes": applied}


def split(address: str) -> tuple[str, str, str, str | int | None]:
    """The module, type, name and key of an address."""
    found = re.fullmatch(
        r'(?:(?P<module>.*)\.)?(?P<type>aws_\w+|null_resource)\.(?P<name>\w+)(?:\[(?:"(?P<key>.*)"|(?P<number>\d+))\])?',
        address,
    )
    assert found is not None, address
    index = int(found["number"]) if found["number"] is not None else found["key"]
    return found["module"] or "", found["type"], found["name"], index


def with_prefixes(references: Sequence[str]) -> list[str]:
    """References as Terraform lists them: each is followed by the resource that it belongs to."""
    found = []
    for name in references:
        found.append(name)
        parent, _, attribute = name.rpartition(".")
        if attribute and parent.count(".") >= 1:
            found.append(parent)
    return found


def volume(plan: Plan, name: str, address: str = "", **tags: str) -> Plan:
    """An EBS volume under a key of the customer; `tags` with underscores for hyphens."""
    labels = {key.replace("_", "-"): value for key, value in tags.items()}
    number = f"vol-{sum(map(ord, name)):017x}"
    return plan.add(
        address or f"aws_ebs_volume.{name}",
        tags=labels,
        tags_all=labels,
        size=8,
        **KEYED,
        id=Later(number),
        arn=Later(f"arn:aws:ec2:{plan.region}:{ACCOUNT}:volume/{number}"),
    )


def rule(**changes: Any) -> Json:
    """A rule that keeps gold's demands: every six hours, for 35 days."""
    return {
        "rule_name": "main",
        "target_vault_name": "main",
        "schedule": "cron(0 0/6 ? * * *)",
        "start_window": 60,
        "completion_window": 180,
        "lifecycle": [{"delete_after": 35, "cold_storage_after": None}],
        "copy_action": [],
        **changes,
    }


def backup_plan(plan: Plan, name: str, *rules: Json, **more: Any) -> Plan:
    """A backup plan; without rules one that keeps gold's demands."""
    return plan.add(
        f"aws_backup_plan.{name}",
        name=name,
        rule=list(rules or [rule()]),
        id=Later(f"id-of-{name}"),
        arn=Later(f"arn:aws:backup:{plan.region}:{ACCOUNT}:backup-plan:id-of-{name}"),
        **more,
    )


def selection(plan: Plan, name: str, of: str, address: str = "", **values: Any) -> Plan:
    """A selection of the backup plan `of`."""
    return plan.add(
        address or f"aws_backup_selection.{name}",
        name=name,
        plan_id=values.pop("plan_id", Later(f"id-of-{of}", [f"aws_backup_plan.{of}.id"])),
        **{
            "iam_role_arn": f"arn:aws:iam::{ACCOUNT}:role/backup",
            "resources": None,
            "not_resources": Later([]),
            "condition": Later([]),
            "selection_tag": [],
            **values,
        },
    )


def by_tag(value: str, key: str = "backup-tier") -> list[Json]:
    """The blocks of a selection by one tag."""
    return [{"type": "STRINGEQUALS", "key": key, "value": value}]


def vault(plan: Plan, name: str = "main", *, locked: bool = True, **lock: Any) -> Plan:
    """A vault with a compliance lock, as gold demands; of any range, unless `lock` says another."""
    plan.add(
        f"aws_backup_vault.{name}",
        name=name,
        id=Later(name),
        arn=Later(f"arn:aws:backup:{plan.region}:{ACCOUNT}:backup-vault:{name}"),
    )
    if locked:
        plan.add(
            f"aws_backup_vault_lock_configuration.{name}",
            backup_vault_name=Later(name, [f"aws_backup_vault.{name}.name"]),
            **{"changeable_for_days": 3, **lock},
        )
    return plan


#: A vault in another Region, and a copy into it that is kept as long as gold demands.
FAR, FAR_REGION = f"arn:aws:backup:eu-west-3:{ACCOUNT}:backup-vault:far", "eu-west-3"
FAR_KEY = f"arn:aws:kms:{FAR_REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
COPIES: list[Json] = [
    {"destination_vault_arn": FAR, "lifecycle": [{"delete_after": 35, "cold_storage_after": None}]}
]


def protected(*, copied: bool = False, keyed: bool = False) -> Plan:
    """A volume of the tier gold that a plan protects as gold demands; its copy only where it is `copied`.

    The copy has a customer's key, as gold demands, only where it is `keyed`.
    """
    plan = vault(Plan())
    backup_plan(plan, "gold", rule(copy_action=COPIES if copied else []))
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    if copied:
        far_vault(plan, keyed=keyed)
    return volume(plan, "data", backup_tier="gold")


def far_vault(plan: Plan, *, keyed: bool = False) -> Plan:
    """The vault in another Region, with a compliance lock, and a key of its own where it is `keyed`."""
    key: dict[str, Any] = {"kms_key_arn": Later(FAR_KEY, ["aws_kms_key.far.arn"])} if keyed else {}
    plan.add("aws_backup_vault.far", name="far", region=FAR_REGION, id=Later("far"), arn=Later(FAR), **key)
    if keyed:
        plan.add("aws_kms_key.far", region=FAR_REGION, arn=Later(FAR_KEY), is_enabled=True)
    return plan.add(
        "aws_backup_vault_lock_configuration.far",
        region=FAR_REGION,
        backup_vault_name=Later("far", ["aws_backup_vault.far.name"]),
        changeable_for_days=3,
    )
