"""Backup policies of AWS Organizations in a template, and the units and accounts that it makes.

Source: CloudFormation template reference, AWS::Organizations::Policy, OrganizationalUnit, Account,
Organization. `Content` is an object, or its text; an account without `ParentIds` is made in the root.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from auditor.check.cloudformation.functions import UnknownInTemplate, as_text
from auditor.check.cloudformation.identities import (
    ACCOUNT,
    MANAGEMENT,
    ORGANIZATION,
    ROOT_ID,
    STAND_IN,
    UNIT,
    TemplateNames,
)
from auditor.check.declared import Declaration
from auditor.check.declared_policies import THE_ROOT, DeclaredNode, DeclaredPolicy
from auditor.check.policy_documents import BACKUP_POLICY, policy_of

Json = Any

POLICY: Final = "AWS::Organizations::Policy"
#: The types of the tree.
NODES: Final = (ORGANIZATION, UNIT, ACCOUNT)


def of_another_type(kind: str, properties: Mapping[str, Json], names: TemplateNames) -> bool:
    """Whether a resource is a policy that is surely no backup policy."""
    return kind == POLICY and names.known(properties.get("Type")) not in (BACKUP_POLICY, "")


def template_policy(
    properties: Mapping[str, Json],
    names: TemplateNames,
    declaration: Declaration,
    line: Callable[[tuple[str, ...]], int],
) -> DeclaredPolicy:
    """The policy that a resource makes; `line` gives that of a path of its content."""
    name = f"{declaration.address} ({declaration.file})"
    targets, open_targets = _targets(properties.get("TargetIds"), names)
    content, fault = None, ""
    try:
        as_text(names.values.told(properties.get("Type")))
        content = names.values.told(properties.get("Content"))
    except UnknownInTemplate as unknown:
        fault = f"it depends on {unknown}, which the template does not tell"
    return policy_of(
        content,
        name=name,
        address=declaration.address,
        declaration=declaration,
        targets=targets,
        open_targets=open_targets,
        line=line,
        fault=fault,
    )


def _targets(given: Json, names: TemplateNames) -> tuple[tuple[str, ...], str]:
    """The ids of what a policy is attached to, and why there may be others, "" where all are known."""
    targets: list[str] = []
    open_targets = ""
    try:
        found = names.values.chosen(given)
        if not isinstance(found, list):
            told = names.values.of(found)
            found = told if isinstance(told, list) else [found]
    except UnknownInTemplate as unknown:
        return (), _open(unknown)
    for item in found:
        try:
            targets.append(_id(item, names))
        except UnknownInTemplate as unknown:
            open_targets = open_targets or _open(unknown)
    return tuple(filter(None, targets)), open_targets


def _id(value: Json, names: TemplateNames) -> str:
    """An id, "" for none, or what stands in for that of what the template makes.

    Raises:
        UnknownInTemplate: the template does not tell it.
    """
    found = names.values.of(value)
    if not (isinstance(found, str) and found.startswith(STAND_IN)):
        found = names.values.told(value)
    return "" if found is None else as_text(found)


def template_nodes(
    names: TemplateNames, made: Sequence[str], declared: Callable[[str], Declaration]
) -> Iterator[DeclaredNode]:
    """The root, units and accounts of a template; `made` are the logical ids of what it makes."""
    organization = next((one for one in made if names.type(one) == ORGANIZATION), "")
    if organization:
        where = declared(organization)
        root = names.attribute(organization, ROOT_ID)
        yield DeclaredNode("root", root, "", where, identified=False)
        fault = "no input says in what the management account lies"
        account = names.attribute(organization, MANAGEMENT)
        own = Declaration(where.file, f"{where.address}.{MANAGEMENT}", where.line)
        yield DeclaredNode("account", account, "", own, identified=False, fault=fault)
    for logical in made:
        if names.type(logical) in (UNIT, ACCOUNT):
            yield _node(logical, names, declared(logical), organization)


def _node(logical: str, names: TemplateNames, where: Declaration, organization: str) -> DeclaredNode:
    """A unit or account; `organization` is what the template makes of one, "" for none."""
    unit, properties = names.type(logical) == UNIT, names.properties(logical)
    parent = fault = ""
    try:
        given = names.values.chosen(properties.get("ParentId" if unit else "ParentIds"))
        listed = given if isinstance(given, list) else [given]
        parent = _id(listed[0], names) if listed else ""
    except UnknownInTemplate as unknown:
        fault = f"in what {logical} lies depends on {unknown}, which the template does not tell"
    if not parent and not fault:
        parent = names.attribute(organization, ROOT_ID) if organization else THE_ROOT
    node_id = names.attribute(logical, "")
    return DeclaredNode(
        "unit" if unit else "account",
        node_id,
        parent,
        where,
        name=names.known(properties.get("Name")) if unit else "",
        identified=not node_id.startswith(STAND_IN),
        fault=fault,
        later=bool(fault),
    )


def _open(unknown: UnknownInTemplate) -> str:
    return f"what it is attached to depends on {unknown}, which the template does not tell"
