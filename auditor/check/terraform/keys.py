"""The keys of KMS in a plan of Terraform, and the vaults that use them.

A key that is destroyed is scheduled for deletion. Source: the provider's pages of `aws_kms_key`,
`aws_kms_external_key`, `aws_kms_replica_key` and `aws_kms_alias`, and of the data sources `aws_kms_key` and
`aws_kms_alias`.
"""

from collections.abc import Mapping
from typing import Any, Final

from auditor.check.declared import Declaration
from auditor.check.key_managers import managed_key
from auditor.check.keys import DeclaredKey, KeyUse
from auditor.check.shapes import as_object
from auditor.check.terraform.configuration import expressions
from auditor.check.terraform.instances import UNKNOWN, Instance, prior_resources
from auditor.check.terraform.references import said
from auditor.check.terraform.subjects import TerraformSubjects
from auditor.check.terraform.types import AIR_GAPPED, ALIAS, KEYS, VAULT
from auditor.model.key_managers import AWS, CUSTOMER

Json = Any

#: The attribute that holds the key of a vault.
_KEY_OF: Final = {VAULT: "kms_key_arn", AIR_GAPPED: "encryption_key_arn"}


def keys(read: TerraformSubjects) -> tuple[list[DeclaredKey], list[KeyUse], dict[str, str]]:
    """The keys of a plan, those that its vaults use, and those that its aliases stand for."""
    found = [_key(one, read) for one in read.instances if one.type in KEYS]
    named = {key.arn.rpartition("/")[2]: key.arn for key in found}

    def target(alias: Instance) -> str:
        key = read.references.value(alias, "target_key_id", "key_id")
        known = f"{(read.stand_ins.arn(alias) or '').rpartition(':')[0]}:key/{key}"
        return (named.get(key, key if key.startswith("arn:") else known)) if isinstance(key, str) else ""

    def use(one: Instance) -> KeyUse:
        attribute = _KEY_OF[one.type]
        key = read.references.value(one, attribute, "arn")
        written = read.configuration.resource(one)
        hidden = expressions(written).get(attribute)
        # AWS's own key, where the configuration is there and names none
        computed = key is UNKNOWN and hidden is None and bool(written)
        fault = f"{attribute} is known only after the apply ({said(hidden)})"
        known = key if isinstance(key, str) else ""
        unsaid = key is UNKNOWN and not computed
        return KeyUse(read.stand_ins.vault_name(one), read.located.of(one), known, fault if unsaid else "")

    uses = [use(one) for one in read.instances if one.type in _KEY_OF and not one.gone]
    aliases = [one for one in read.instances if one.type == ALIAS and not one.gone]
    return found, uses, {read.stand_ins.arn(one) or "": target(one) for one in aliases}


def read_managers(document: Mapping[str, Json]) -> dict[str, str]:
    """Who manages each key that a plan has read with a data source, by its ARN."""
    found = {}
    for entry in prior_resources(document):
        values, kind = as_object(entry.get("values")), entry.get("type")
        named, manager = values.get("name"), values.get("key_manager")
        arn = values.get("arn" if kind == KEYS[0] else "target_key_arn")
        if entry.get("mode") != "data" or not isinstance(arn, str):
            continue
        if kind == ALIAS and isinstance(named, str):
            found[arn] = managed_key(f"{arn.rpartition(':')[0]}:{named}", {}).manager
        elif kind == KEYS[0] and manager in (AWS, CUSTOMER):
            found[arn] = str(manager)
    return found


def _key(one: Instance, read: TerraformSubjects) -> DeclaredKey:
    where = Declaration(read.file, one.address)
    if "delete" in one.actions:
        arn = one.before.get("arn")
        known = arn if isinstance(arn, str) else ""
        return DeclaredKey(read.located.before(one), known, where, "deleted")
    attribute = "is_enabled" if one.type == KEYS[0] else "enabled"
    enabled = one.value(attribute)
    expression = expressions(read.configuration.resource(one)).get(attribute)
    fault, state = "", "disabled" if enabled is False else "enabled"
    if not (enabled is None or enabled is UNKNOWN or isinstance(enabled, bool)):
        fault = f"its {attribute} is neither true nor false"
    if enabled is UNKNOWN and expression is not None:
        fault = f"whether it is enabled is known only after the apply ({said(expression)})"
    place, arn = read.located.of(one), read.stand_ins.arn(one) or ""
    return DeclaredKey(place, arn, where, "" if fault else state, fault)
