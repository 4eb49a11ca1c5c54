"""What a template writes in another way than AWS's APIs: rules of plans, selections and tags.

Source: CloudFormation template reference, AWS::Backup::BackupPlan, AWS::Backup::BackupSelection.
"""

from collections.abc import Mapping
from typing import Any, Final

from auditor.check.cloudformation.functions import UnknownInTemplate, as_text, refuse_functions
from auditor.check.cloudformation.values import Values
from auditor.check.declared import ALL_TAGS, ONE_ZONE, OWN_PLAN, Declaration, Place
from auditor.check.declared_subjects import Versioning
from auditor.check.shapes import as_list, as_object, objects
from auditor.check.stacks import StackParameters

Json = Any

_RULES: Final = "BackupPlanRule"
_VAULT: Final = "TargetBackupVault"
#: What is no text in a rule; a template may write it as one.
_NUMBERS: Final = ("StartWindowMinutes", "CompletionWindowMinutes", "EnableContinuousBackup")
_MOST_DIGITS: Final = 9
_ENABLED: Final = "ENABLED"
_NOT_STATED: Final = "that volumes of an instance get the tag {} of the stack is not stated"
_VERSIONING: Final[Mapping[str, str]] = {"Enabled": "enabled", "Suspended": "suspended"}


def rules_document(plan: Mapping[str, Json]) -> dict[str, Json]:
    """The API's plan of a template's, as far as rules go."""
    given = plan.get(_RULES)
    return {"Rules": [_rule(one) for one in given] if isinstance(given, list) else given}


def _rule(given: Json) -> dict[str, Json]:
    """A rule with the API's names, and numbers and flags that a template may write as texts."""
    found = as_object(given)
    rule = {key: as_number(value) if key in _NUMBERS else as_texts(value) for key, value in found.items()}
    rule["TargetBackupVaultName"] = rule.get(_VAULT)
    rule["Lifecycle"] = _lifecycle(found.get("Lifecycle"))
    if isinstance(found.get("CopyActions"), list):
        rule["CopyActions"] = [
            {**as_texts(copy), "Lifecycle": _lifecycle(copy.get("Lifecycle"))}
            for copy in objects(found["CopyActions"])
        ]
    return rule


def _lifecycle(given: Json) -> Json:
    return {key: as_number(value) for key, value in given.items()} if isinstance(given, Mapping) else given


def as_number(value: Json) -> Json:
    """A number or flag that a template may write as a text."""
    if not isinstance(value, str):
        return value
    if value.isascii() and value.removeprefix("-").isdecimal() and len(value) <= _MOST_DIGITS:
        return int(value)
    return {"true": True, "false": False}.get(value, value)


def as_texts(value: Json) -> Json:
    """A value in which numbers and flags are the texts that AWS Backup is given."""
    if isinstance(value, Mapping):
        return {key: as_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_texts(item) for item in value]
    return value if value is None else as_text(value)


def automatic_backups(values: Values, properties: Mapping[str, Json]) -> str:
    """Whether EFS backs up a file system by a plan of its own, in a clause; "" where it does not.

    Those of one zone it does unless they say otherwise.
    """
    try:
        policy = values.chosen(properties.get("BackupPolicy"))
        if policy is None:
            return "" if values.chosen(properties.get("AvailabilityZoneName")) is None else ONE_ZONE
        refuse_functions(as_object(policy))
        status = as_text(values.told(as_object(policy).get("Status")))
    except UnknownInTemplate as unknown:
        return f"whether EFS backs it up {OWN_PLAN}, depends on {unknown}"
    return f"EFS backs it up {OWN_PLAN} (BackupPolicy)" if status == _ENABLED else ""


def versioning_of(
    values: Values, properties: Mapping[str, Json], bucket: str, where: Declaration
) -> Versioning:
    """The versioning of a bucket; without a configuration there is none."""
    try:
        given = values.chosen(properties.get("VersioningConfiguration"))
        if given is None:
            return Versioning(bucket, "off", where)
        refuse_functions(as_object(given))
        status = as_text(values.told(as_object(given).get("Status")))
    except UnknownInTemplate as unknown:
        fault = f"it depends on {unknown}, which the template does not tell"
        return Versioning(bucket, "", where, fault)
    known = _VERSIONING.get(status, "")
    return Versioning(bucket, known, where, "" if known else "its Status is neither Enabled nor Suspended")


def tags_of(values: Values, given: Json, *, as_map: bool) -> tuple[dict[str, str], dict[str, str]]:
    """The tags that are known, and what hides the others; `as_map` where keys and values are no list."""
    known: dict[str, str] = {}
    hidden: dict[str, str] = {}
    try:
        items = _listed(values.chosen(given), as_map=as_map)
    except UnknownInTemplate as unknown:
        hidden[ALL_TAGS] = f"which tags it has depends on {unknown}, which the template does not tell"
        items = []
    for item in items:
        key = ALL_TAGS
        try:
            tag = values.chosen(item)
            if tag is None:
                continue
            found = as_object(tag)
            refuse_functions(found)
            key = as_text(values.told(found.get("Key")))
            known[key] = as_text(values.told(found.get("Value")))
        except UnknownInTemplate as unknown:
            hidden[key] = f"a tag depends on {unknown}, which the template does not tell"
    return known, hidden


def stack_tags(
    stack: StackParameters, own: Mapping[str, str], hidden: Mapping[str, str], *, reach: bool | None = True
) -> tuple[dict[str, str], dict[str, str]]:
    """The tags of what a stack makes, and what hides others: those of the stack, then its `own`.

    Where it is not known which tags of its own there are, each of the stack's may be another. `reach` says
    whether it gets those of the stack, None where that is not stated.
    """
    if reach is False:
        return dict(own), dict(hidden)
    if ALL_TAGS in hidden:
        return dict(own), {**stack.unknown_tags, **hidden}
    if reach is None:
        others = (key for key in (*stack.tags, *stack.unknown_tags) if key not in own)
        return dict(own), {**{key: _NOT_STATED.format(key) for key in others}, **hidden}
    open_ = {key: clause for key, clause in stack.unknown_tags.items() if key not in own}
    return {**stack.tags, **own}, {**open_, **hidden}


def _listed(given: Json, *, as_map: bool) -> list[Json]:
    """Tags as a list. Raises `UnknownInTemplate` where they are of another shape."""
    if as_map and isinstance(given, Mapping):
        refuse_functions(given)
        return [{"Key": key, "Value": value} for key, value in given.items()]
    if given is not None and (as_map or not isinstance(given, list)):
        raise UnknownInTemplate("tags of another shape")
    return as_list(given)


def replicas_of(values: Values, given: Json, account: str) -> list[tuple[Place, Mapping[str, Json]]]:
    """Where the tables of a global table lie, each with its properties. Raises `UnknownInTemplate`."""
    replicas = values.chosen(given)
    if not isinstance(replicas, list):
        raise UnknownInTemplate("its Replicas")
    found = []
    for item in replicas:
        replica = values.chosen(item)
        if replica is None:
            continue
        refuse_functions(as_object(replica))
        region = as_text(values.of(as_object(replica).get("Region")))
        found.append((Place.of(account, region), as_object(replica)))
    return found
