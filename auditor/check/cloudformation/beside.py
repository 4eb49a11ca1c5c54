"""A change set beside the template of its stack: which template it is, and what each of the two says.

A template tells what the stack has, and a change set what becomes of it: where both say something of one
thing, and not the same, the template is an older one, or its parameters are others.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from typing import Any, Final

from auditor.check.cloudformation.change_set import DELETED, KIND, NOUNS
from auditor.check.cloudformation.documents import stack_tags
from auditor.check.cloudformation.identities import STAND_IN
from auditor.check.cloudformation.losses import words_of
from auditor.check.cloudformation.reader import KIND as TEMPLATE
from auditor.check.cloudformation.reader import NO_TAGS
from auditor.check.cloudformation.role_policies import settled
from auditor.check.cloudformation.subjects import SOMETHING
from auditor.check.declared import DeclaredPlan, DeclaredResource, DeclaredSelection, DeclaredVault, Place
from auditor.check.declared_policies import DeclaredPolicy
from auditor.check.declared_subjects import DeclaredRole, RoleWords
from auditor.check.reading import Reading
from auditor.check.stacks import StackParameters

Json = Any

#: What a template says as well.
_BESIDE: Final = ("versionings", "subjects", "roles", "role_words", "key_uses")
#: Of which a template and a change set may say something else.
_COMPARED: Final = ("plans", "selections", "vaults", "resources", "policies", "role_words")
#: What stands for what is not known.
_UNTOLD: Final = (STAND_IN, SOMETHING)
_NAME_IT: Final = "name the template of the change set, and --parameters"
_Key = tuple[str, str, Place | None]
_Declared = DeclaredPlan | DeclaredSelection | DeclaredVault | DeclaredResource | DeclaredPolicy | RoleWords


def beside_templates(readings: Sequence[Reading]) -> None:
    """Take out of each change set what its template declares, where that is among the inputs.

    A template is that of a change set when it declares all that the change set does, in the same place; where
    the change set declares nothing, when it still has something that is taken away. What it makes gets the
    tags of the stack, which the change set has.
    """
    templates = [one for one in readings if one.kind == TEMPLATE]
    held: defaultdict[_Key, list[tuple[set[_Key], Reading]]] = defaultdict(list)
    for template in templates:
        keys = _declared(template)
        for key in keys:
            held[key].append((keys, template))
    for reading in readings:
        if reading.kind != KIND:
            continue
        own = _declared(reading)
        nearest = min((held.get(key, []) for key in own), key=len, default=[])
        alike = [(_otherwise(reading, one, _COMPARED), one) for keys, one in nearest if own <= keys]
        if not own:
            alike = [(_still_has(one, reading), one) for one in templates if _still_has(one, reading)]
        if alike:
            other, template = min(alike, key=lambda found: bool(found[0]))
            template.incomplete = template.incomplete or other
            _overlay(template, reading, _otherwise(reading, template, ("role_words",)))
            roles = {name: one for one in template.roles for name in (one.name, _logical(template, one))}
            reading.changes = [*settled(reading.changes, roles)]
            for noun in (*NOUNS, *_BESIDE):
                setattr(reading, noun, [])
            reading.keys = [one for one in reading.keys if one.state == DELETED]
            reading.not_looked_at.clear()
            reading.partial = ""
            template.assumed = [one for one in template.assumed if not one.endswith(NO_TAGS)]
            made_with = StackParameters(tags=reading.stack_tags)
            for stack in (template, *template.nested):
                stack.resources = [_tagged(one, made_with) for one in stack.resources]


def _tagged(one: DeclaredResource, stack: StackParameters) -> DeclaredResource:
    """A resource with the tags of its stack."""
    tags, hidden = stack_tags(stack, one.tags, one.unknown_tags, reach=one.stack_tags)
    return replace(one, tags=tags, unknown_tags=hidden)


def _overlay(template: Reading, reading: Reading, roles: str) -> None:
    """Let a change set say what backups rest on, of all that it changes; `roles` says why roles differ."""
    vaults = {_logical(reading, one) for one in reading.vaults}
    template.subjects = [one for one in template.subjects if _logical(template, one) not in vaults]
    template.subjects += reading.subjects
    said = {_logical(reading, one): one for one in reading.versionings}
    template.versionings = [
        replace(said[_logical(template, one)], bucket=one.bucket) if _logical(template, one) in said else one
        for one in template.versionings
    ]
    keys = {_logical(reading, one): one for one in reading.keys if one.state != DELETED}
    template.keys = [
        replace(keys[_logical(template, one)], arn=one.arn) if _logical(template, one) in keys else one
        for one in template.keys
    ]
    if roles:
        template.roles = [_open(one, roles) for one in template.roles]


def _open(role: DeclaredRole, fault: str) -> DeclaredRole:
    """A role of which nothing is known any more."""
    return replace(role, trust=None, trust_fault=fault, managed=(), documents=(), hidden=fault, bounded=fault)


def _otherwise(reading: Reading, template: Reading, nouns: Sequence[str]) -> str:
    """Why a template is not that of a change set, or not with its parameters, "" where nothing says so.

    What of a value is not known, or has what AWS makes in it, is not compared.
    """
    still = _still_has(template, reading)
    if still:
        return still
    tags, roles = reading.stack_tags, bool(template.roles)
    its = {
        _key(template, noun, one): _said(one, tags, roles)
        for noun in nouns
        for one in getattr(template, noun)
    }
    for noun in nouns:
        for one in getattr(reading, noun):
            if not _agree(_said(one, tags, roles), its[_key(reading, noun, one)]):
                made = f"{reading.file} makes {one.declaration.address} otherwise than it says"
                return f"{made}; {_NAME_IT}"
    return ""


def _still_has(template: Reading, reading: Reading) -> str:
    """Why a template is older than a change set: it has what this takes away; "" where it has nothing."""
    for one in (one for noun in (*NOUNS, "keys", "role_words") for one in getattr(template, noun)):
        address = _logical(template, one)
        place = reading.taken_away.get(address)
        if place is not None and getattr(one, "place", place) == place:
            return f"{reading.file} takes {address} away, which it still has; {_NAME_IT}"
    return ""


def _said(one: _Declared, tags: Mapping[str, str], roles: bool) -> Json:  # noqa: FBT001 -- of the template
    """What is judged of something, `STAND_IN` where that is not known."""
    if isinstance(one, RoleWords):
        return one.said
    if isinstance(one, DeclaredPolicy):
        return STAND_IN if one.document is None else (one.document, one.targets)
    if isinstance(one, DeclaredPlan):
        return STAND_IN if one.plan.fault else tuple(astuple(rule) for rule in one.plan.rules)
    if isinstance(one, DeclaredSelection):
        words = words_of(one.selection)
        hidden = one.selection.fault or STAND_IN in repr(words)
        role = one.role if roles and one.role else STAND_IN
        return (STAND_IN if hidden else tuple(map(tuple, words)), role)
    if isinstance(one, DeclaredVault):
        return STAND_IN if one.fault else astuple(one.lock)
    return STAND_IN if one.unknown_tags else tuple(sorted({**tags, **one.tags}.items()))


def _agree(mine: Json, its: Json) -> bool:
    if isinstance(mine, Mapping) and isinstance(its, Mapping):
        return mine.keys() == its.keys() and all(_agree(mine[key], its[key]) for key in mine)
    if isinstance(mine, tuple | list) and isinstance(its, tuple | list):
        return len(mine) == len(its) and all(map(_agree, mine, its))
    spelled = [str(one).lower() if isinstance(one, bool) else str(one) for one in (mine, its)]
    return spelled[0] == spelled[1] or any(mark in text for text in spelled for mark in _UNTOLD)


def _declared(reading: Reading) -> set[_Key]:
    """What a reading declares: kind, address and place."""
    keys = {_key(reading, "keys", one) for one in reading.keys if one.state != DELETED}
    nouns = (*NOUNS, "role_words")
    return keys | {_key(reading, noun, one) for noun in nouns for one in getattr(reading, noun)}


def _key(reading: Reading, noun: str, one: Any) -> _Key:
    return noun, _logical(reading, one), getattr(one, "place", None)


def _logical(reading: Reading, one: Any) -> str:
    """The address of something in its stack: a nested one has a change set of its own."""
    address: str = one.declaration.address
    return address.removeprefix(reading.stack)
