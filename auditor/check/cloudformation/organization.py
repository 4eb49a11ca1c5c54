"""Backup policies of AWS Organizations in a template.

Source: CloudFormation template reference, AWS::Organizations::Policy. `Content` is an object, or its text.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.check.cloudformation.identities import TemplateNames
from auditor.check.cloudformation.values import UnknownInTemplate, as_text
from auditor.check.declared import Declaration
from auditor.check.declared_policies import DeclaredPolicy
from auditor.check.policy_documents import BACKUP_POLICY, policy_of

Json = Any

POLICY: Final = "AWS::Organizations::Policy"


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
            told = names.values.told(found)
            found = told if isinstance(told, list) else [told]
    except UnknownInTemplate as unknown:
        return (), _open(unknown)
    for item in found:
        try:
            told = names.values.told(item)
            targets += [] if told is None else [as_text(told)]
        except UnknownInTemplate as unknown:
            open_targets = open_targets or _open(unknown)
    return tuple(filter(None, targets)), open_targets


def _open(unknown: UnknownInTemplate) -> str:
    return f"what it is attached to depends on {unknown}, which the template does not tell"
