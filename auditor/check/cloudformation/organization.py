"""Backup policies of AWS Organizations in a template.

Source: CloudFormation template reference, AWS::Organizations::Policy. `Content` is an object, or its text.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.check.cloudformation.identities import TemplateNames
from auditor.check.cloudformation.values import UnknownInTemplate, as_text
from auditor.check.declared import Declaration
from auditor.check.declared_policies import DeclaredPolicy
from auditor.check.policy_documents import BACKUP_POLICY, policy_of, unknown_policy
from auditor.check.shapes import as_list

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
    targets: tuple[str, ...] = ()
    open_targets = ""
    try:
        given = as_list(names.values.chosen(properties.get("TargetIds")))
        targets = tuple(text for item in given if (text := names.known(item)))
        if len(targets) < len(given):
            open_targets = "what it is attached to depends on what the template does not tell"
        as_text(names.values.told(properties.get("Type")))
        content = names.values.told(properties.get("Content"))
    except UnknownInTemplate as unknown:
        fault = f"it depends on {unknown}, which the template does not tell"
        return unknown_policy(
            fault,
            name=name,
            address=declaration.address,
            declaration=declaration,
            targets=targets,
            open_targets=open_targets,
        )
    return policy_of(
        content,
        name=name,
        address=declaration.address,
        declaration=declaration,
        targets=targets,
        open_targets=open_targets,
        line=line,
    )
