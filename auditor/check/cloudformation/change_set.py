"""A change set of CloudFormation as JSON, `aws cloudformation describe-change-set --include-property-values`.

It has only the resources that change, with their properties before and after. What else the stack has is in
its template: where that is among the inputs too, it says what is made, and the change set what is lost.
No line of it is shown: a program has written it, and its properties may have secrets in them.
Source: API reference of CloudFormation, DescribeChangeSet.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from auditor.check.cloudformation.functions import UnknownInTemplate
from auditor.check.cloudformation.identities import AIR_GAPPED, KEYS, PLAN, SELECTION, VAULT, TemplateNames
from auditor.check.cloudformation.losses import Losses
from auditor.check.cloudformation.reader import is_looked_at, read_template
from auditor.check.cloudformation.role_policies import narrowed
from auditor.check.cloudformation.roles import OF_ROLES
from auditor.check.cloudformation.stack_changes import MODIFY, StackChange, stack_changes
from auditor.check.cloudformation.weakened import COMPARED
from auditor.check.declared import Assumed, Declaration, Place, Source
from auditor.check.declared_changes import Removed
from auditor.check.declared_subjects import RoleWords
from auditor.check.keys import DeclaredKey, KeyUse
from auditor.check.reading import Reading
from auditor.check.shapes import as_object, objects
from auditor.check.stacks import StackParameters
from auditor.model.arn import place_of
from reports.text import clip

Json = Any

KIND: Final = "CloudFormation change set"
#: What a template and a change set declare, and others are judged by.
NOUNS: Final = ("resources", "plans", "selections", "vaults", "policies", "lifecycle_policies")
#: The state of a key that is scheduled for deletion.
DELETED: Final = "deleted"
_WHOLE: Final = "CREATE_COMPLETE"
_NAMES: Final = ("ChangeSetId", "ChangeSetName", "StackId")
_STACK: Final = "AWS::CloudFormation::Stack"
_ONLY: Final = "a change set has only what changes, so what else protects is not known; name its template too"
#: In place of a vault of the stack that does not change.
_ANOTHER: Final = "(one that does not change)"


def is_change_set(document: Json) -> bool:
    """Whether a document is a change set of CloudFormation."""
    found = as_object(document)
    return isinstance(found.get("Changes"), list) and any(name in found for name in _NAMES)


def read_change_set(document: Json, source: Source, assumed: Assumed) -> Reading:
    """All that a change set declares, and what it takes away.

    Raises:
        AuditorError: an entry of it is not as the API says.
    """
    changes = [*stack_changes(document, source.name)]
    stack_id = document.get("StackId")
    account, region = place_of(stack_id) if isinstance(stack_id, str) else ("", "")
    own = replace(
        assumed,
        account=account or assumed.account,
        region=region or assumed.region,
        stack=StackParameters(source.name, {}, _tags(document), _ids(changes)),
        nested=None,
    )
    made = {
        one.logical: {"Type": one.kind, "Properties": one.after}
        for one in changes
        if not one.gone and one.after is not None
    }
    reading = read_template({"Resources": made}, source, own, lined=False)
    reading.kind = KIND
    missing = _missing(document)
    reading.incomplete = missing or _without_values(changes) or reading.incomplete
    place = Place.of(own.account, own.region)
    losses = Losses(changes, place, reading.selections, missing)
    reading.changes = [*losses.found(source.name)]
    reading.changes += narrowed(changes, losses.roles, place, source.name)
    reading.removed = [*_removed(changes, place, own, source.name)]
    reading.roles = [replace(one, hidden=one.hidden or _ONLY) for one in reading.roles]
    reading.role_words += [
        RoleWords(place, Declaration(source.name, one.logical), {})
        for one in changes
        if one.kind in OF_ROLES and not one.gone and one.after is None
    ]
    reading.taken_away = {one.logical: place for one in changes if one.gone}
    reading.keys += _deleted_keys(changes, place, own, source.name)
    if not any(one.kind in (VAULT, AIR_GAPPED) and one.takes_away for one in changes):
        reading.key_uses.append(KeyUse(_ANOTHER, place, "", _ONLY))
    reading.assumed = []
    if any(one.kind == _STACK for one in changes):
        reading.assumed.append(f"{source.name}: change sets of nested stacks are among the inputs")
    reading.stack_tags = _tags(document)
    reading.partial = _ONLY if any(getattr(reading, noun) for noun in NOUNS) else ""
    return reading


def _deleted_keys(
    changes: Sequence[StackChange], place: Place, own: Assumed, file: str
) -> Iterator[DeclaredKey]:
    """The keys that a stack schedules for deletion."""
    gone = {one.logical: one for one in changes if one.kind in KEYS and one.takes_away and one.physical}
    ids = {name: one.physical for name, one in gone.items()}
    made = {"Resources": {name: {"Type": one.kind} for name, one in gone.items()}}
    names = TemplateNames(made, place, replace(own, stack=replace(own.stack, ids=ids)))
    for name in gone:
        yield DeclaredKey(place, names.attribute(name, "Arn"), Declaration(file, name), DELETED)


def _removed(changes: Sequence[StackChange], place: Place, own: Assumed, file: str) -> Iterator[Removed]:
    """What is there before and not afterwards, by the id or ARN that it has."""
    gone = [one for one in changes if one.takes_away and one.physical]
    before = {one.logical: {"Type": one.kind, "Properties": one.before or {}} for one in gone}
    names = TemplateNames({"Resources": before}, place, own)
    for one in gone:
        where = Declaration(file, one.logical)
        try:
            backed_up = names.kind(one.logical)
        except UnknownInTemplate:
            continue
        if one.kind in (PLAN, SELECTION):
            yield Removed(place, "plan" if one.kind == PLAN else "selection", one.physical, where)
        elif one.kind in (VAULT, AIR_GAPPED):
            yield Removed(place, "vault", names.attribute(one.logical, "BackupVaultArn"), where)
        elif backed_up:
            yield Removed(place, "resource", names.identity(one.logical, backed_up, place).arn, where)


def _ids(changes: Sequence[StackChange]) -> dict[str, str]:
    """The ids that are known to be the same, or the last ones, by the logical ids."""
    return {one.logical: one.physical for one in changes if one.stays and one.physical}


def _tags(document: Mapping[str, Json]) -> dict[str, str]:
    pairs = ((tag.get("Key"), tag.get("Value")) for tag in objects(document.get("Tags")))
    return {key: text for key, text in pairs if isinstance(key, str) and isinstance(text, str)}


def _missing(document: Mapping[str, Json]) -> str:
    """Why changes may be missing, "" where all are there."""
    if document.get("NextToken"):
        return "it has more pages (NextToken), so changes are missing from it; write it without --max-items"
    status = document.get("Status", _WHOLE)
    if status != _WHOLE:
        return f"its Status is {clip(str(status), 40)}, so changes may be missing from it"
    return ""


def _untold(one: StackChange) -> bool:
    """Whether values are missing that are judged, or held against those before."""
    if one.after is None and is_looked_at(one.kind):
        return True
    held = one.kind in COMPARED and one.action == MODIFY and one.stays
    return held and (one.before is None or one.after is None)


def _without_values(changes: Sequence[StackChange]) -> str:
    """Why it is not known what is made, "" where it is."""
    without = [one for one in changes if not one.gone and _untold(one)]
    if not without:
        return ""
    more = f" and {len(without) - 1:,} more" if without[1:] else ""
    return (
        f"it has no property values of {clip(without[0].logical, 100)}{more}, so what they come to is not "
        "known; write it with --include-property-values"
    )
