"""Stacks and stack sets that an input of another format makes, by the reader of templates."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from posixpath import abspath
from typing import Any, Final

from auditor.check.cloudformation.identities import TemplateNames
from auditor.check.cloudformation.nested import NestedStacks
from auditor.check.cloudformation.reader import TemplateReader
from auditor.check.cloudformation.stack_sets import protects
from auditor.check.cloudformation.written import written_in
from auditor.check.declared import Assumed
from auditor.check.declared_stacks import DeclaredStack, OpenSet
from auditor.check.reading import Reading
from auditor.check.shapes import as_object
from auditor.check.stacks import StackParameters

_HELD: Final = "a backup of its stack {} may hold it"


def may_protect(sets: Iterable[OpenSet]) -> str:
    """What the first of some stack sets that may make anything that protects may protect, in a clause.

    It is "" where there is none.

    Raises:
        AuditorError: a template is neither JSON nor YAML, too deep, or has a key twice.
    """
    for one in sets:
        where = one.declaration
        if not one.template or protects(written_in(one.template, where.file, where.address)):
            return f"the stack set {where.address} may make what protects it: {one.why}"
    return ""


def read_stacks(stacks: Iterable[DeclaredStack], assumed: Assumed) -> Iterator[Reading]:
    """All that stacks make, with their nested stacks; their templates have no lines that are told.

    A template that several have, as all of a stack set do, is parsed once. What a backup of a stack itself
    may hold says so, as long as no stack set makes it.

    Raises:
        AuditorError: a template is neither JSON nor YAML, too deep, or has a key twice.
    """
    documents: dict[str, Mapping[str, Any]] = {}
    for one in stacks:
        if one.template not in documents:
            where = one.declaration
            documents[one.template] = written_in(one.template, where.file, where.address)
        yield from _read_stack(one, documents[one.template], assumed)


def _read_stack(stack: DeclaredStack, document: Mapping[str, Any], assumed: Assumed) -> list[Reading]:
    where = stack.declaration
    all_hidden = stack.hidden_parameters.get("", "")
    wanted = as_object(document.get("Parameters"))
    hidden = dict.fromkeys(wanted, all_hidden) if all_hidden else dict(stack.hidden_parameters)
    made_with = StackParameters(
        where.file,
        {**stack.parameters, **dict.fromkeys(hidden)},
        stack.tags,
        {},
        f"{where.address}/",
        hidden,
        {},
        stack.hidden_tags,
    )
    place = stack.place
    own = replace(assumed, account=place.account_id, region=place.region, mark=where.file, stack=made_with)
    names = TemplateNames(document, place, own)
    nested = NestedStacks(document, names, own, abspath(where.file))
    found = TemplateReader(document, where.file, own, None, names, nested).read()
    family = [found, *found.nested, *found.apart]
    for one in () if stack.of_set else family:
        held = _HELD.format(where.address)
        one.resources = [replace(item, elsewhere=item.elsewhere or held) for item in one.resources]
    return family
