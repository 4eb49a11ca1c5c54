"""What backups rest on beside plans and vaults, in a template: policies and keys of vaults.

Source: CloudFormation template reference, properties of the types.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from auditor.check.cloudformation.functions import UnknownInTemplate, as_text, functions_of
from auditor.check.cloudformation.identities import AIR_GAPPED, ALIAS, KEYS, VAULT, TemplateNames
from auditor.check.cloudformation.values import Values
from auditor.check.declared import Declaration, Place
from auditor.check.declared_subjects import DeclaredSubject
from auditor.check.keys import DeclaredKey, KeyUse
from auditor.check.vault_policies import vault_policy

Json = Any

#: The types that say with which key something is encrypted, and are nothing else.
OF_KEYS: Final = (*KEYS, ALIAS)
_VAULTS: Final = (VAULT, AIR_GAPPED)
#: In place of a resource, or a value of a condition, that is not known.
SOMETHING: Final = "(not known)"
#: What may be not known; a value of ArnEquals may be a wildcard.
_FREE: Final = ("Resource", "StringEquals", "StringEqualsIgnoreCase", "StringNotEquals")


def vault_policy_of(
    names: TemplateNames, place: Place, logical: str, where: Declaration
) -> Iterator[DeclaredSubject]:
    """The policy of a vault, if it has one."""
    fault, policy = "", None
    try:
        policy = told_policy(names.values, names.properties(logical).get("AccessPolicy"))
    except UnknownInTemplate as unknown:
        fault = f"it depends on {unknown}, which the template does not tell"
    if policy is not None or fault:
        arn, name = (names.attribute(logical, attribute) for attribute in ("BackupVaultArn", ""))
        yield vault_policy(place, arn, name, where, policy, fault)


def told_policy(values: Values, given: Json, *, free: bool = False) -> Json:
    """A policy, worked out. Raises `UnknownInTemplate` where what it allows, or to whom, is not known.

    Of resources, and of conditions for what is equal, it makes no difference which ones they are: `free`.
    """
    found = values.chosen(given)
    try:
        return values.of(found)
    except UnknownInTemplate:
        if isinstance(found, list):
            return [told_policy(values, one, free=free) for one in found]
        if isinstance(found, Mapping) and not functions_of(found) and "Ref" not in found:
            return {key: told_policy(values, one, free=free or key in _FREE) for key, one in found.items()}
        if free:
            return SOMETHING
        raise


def keys_of(
    names: TemplateNames, place: Place, logical: Iterable[str], where: Callable[[str], Declaration]
) -> tuple[list[DeclaredKey], list[KeyUse], dict[str, str]]:
    """The keys among what is made, those that vaults among it use, and those of its aliases."""
    kinds = {one: names.type(one) for one in logical}
    keys = [_key(names, place, one, where(one)) for one, kind in kinds.items() if kind in KEYS]
    uses = [_use(names, place, one) for one, kind in kinds.items() if kind in _VAULTS]
    return keys, uses, dict(_alias(names, place, one) for one, kind in kinds.items() if kind == ALIAS)


def _alias(names: TemplateNames, place: Place, logical: str) -> tuple[str, str]:
    """The ARN of an alias, and that of its key, "" where that is not known."""
    start = f"arn:{place.partition}:kms:{place.region}:{place.account_id}:"
    key = names.known(names.properties(logical).get("TargetKeyId"))
    known = key if key.startswith("arn:") or not key else f"{start}key/{key}"
    return f"{start}{names.attribute(logical, '')}", known


def _key(names: TemplateNames, place: Place, logical: str, where: Declaration) -> DeclaredKey:
    arn = names.attribute(logical, "Arn")
    try:
        given = names.values.chosen(names.properties(logical).get("Enabled"))
        enabled = "true" if given is None else as_text(names.values.told(given))
    except UnknownInTemplate as unknown:
        fault = f"whether it is enabled depends on {unknown}, which the template does not tell"
        return DeclaredKey(place, arn, where, "", fault)
    state = {"true": "enabled", "false": "disabled"}.get(enabled.lower(), "")
    return DeclaredKey(place, arn, where, state, "" if state else "its Enabled is neither true nor false")


def _use(names: TemplateNames, place: Place, logical: str) -> KeyUse:
    vault = names.attribute(logical, "")
    try:
        key = names.values.of(names.properties(logical).get("EncryptionKeyArn"))
    except UnknownInTemplate as unknown:
        return KeyUse(vault, place, "", f"its EncryptionKeyArn depends on {unknown}")
    if key is None or isinstance(key, str):
        return KeyUse(vault, place, key or "")
    return KeyUse(vault, place, "", "its EncryptionKeyArn is no text")
