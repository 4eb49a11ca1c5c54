"""The tree of an organization in a plan: its root, organizational units and accounts.

Source: the provider's documentation of `aws_organizations_organization`, `…_organizational_unit` and
`…_account`: an account without `parent_id` is made in the root.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.check.declared import Declaration
from auditor.check.declared_policies import THE_ROOT, DeclaredNode
from auditor.check.shapes import as_object
from auditor.check.terraform.configuration import Configuration, expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.references import References, said
from auditor.check.terraform.stand_ins import MANAGEMENT, ROOT_ID
from auditor.check.terraform.types import ACCOUNT, ORGANIZATION, UNIT


def units_of(
    instances: Sequence[Instance], configuration: Configuration, references: References, file: str
) -> Iterator[DeclaredNode]:
    """The root, units and accounts that are there after the apply."""
    tree = _Units(configuration, references, file)
    stay = [one for one in instances if not one.gone]
    organization = next((one for one in stay if one.type == ORGANIZATION), None)
    root = tree.identity(organization, ROOT_ID) if organization else ""
    for one in stay:
        if one.type == ORGANIZATION:
            yield from tree.organization(one)
        elif one.type in (UNIT, ACCOUNT):
            yield tree.node(one, root)


class _Units:
    def __init__(self, configuration: Configuration, references: References, file: str) -> None:
        self._configuration, self._references, self._file = configuration, references, file

    def organization(self, instance: Instance) -> Iterator[DeclaredNode]:
        """Its root, and the management account, of which no plan tells in what it lies."""
        where = Declaration(self._file, instance.address)
        roots = instance.value("roots")
        known = isinstance(roots, list) and bool(roots) and as_object(roots[0]).get("id") is not UNKNOWN
        yield DeclaredNode("root", self.identity(instance, ROOT_ID), "", where, identified=known)
        own = replace(where, address=f"{instance.address}.{MANAGEMENT}")
        known = instance.value(MANAGEMENT) is not UNKNOWN
        fault = "no input says in what the management account lies"
        account_id = self.identity(instance, MANAGEMENT)
        yield DeclaredNode("account", account_id, "", own, identified=known, fault=fault)

    def node(self, instance: Instance, root: str) -> DeclaredNode:
        """A unit or account; `root` is the id of the root, "" where it is not in the plan."""
        parent = self._references.value(instance, "parent_id", "id")
        expression = expressions(self._configuration.resource(instance)).get("parent_id")
        left_out = instance.type == ACCOUNT and expression is None and instance.actions == ("create",)
        if left_out and not isinstance(parent, str):
            parent = root or THE_ROOT
        fault = f"in what {instance.address} lies is known only after the apply ({said(expression)})"
        name = instance.value("name")
        return DeclaredNode(
            "unit" if instance.type == UNIT else "account",
            self.identity(instance, "id"),
            parent if isinstance(parent, str) else "",
            Declaration(self._file, instance.address),
            name=name if instance.type == UNIT and isinstance(name, str) else "",
            identified=isinstance(instance.value("id"), str),
            fault="" if isinstance(parent, str) else fault,
            later=not isinstance(parent, str),
        )

    def identity(self, instance: Instance, attribute: str) -> str:
        """What it is known by in this plan."""
        return self._references.identity(instance, attribute) or ""
