"""The stacks that the stack sets of a Terraform plan make, where it tells their accounts and Regions.

Source: the provider's pages of `aws_cloudformation_stack_set`, `aws_cloudformation_stack_set_instance` (an
account and Region that are left out are those of the provider) and `aws_cloudformation_stack_instances`.
"""

from collections.abc import Collection, Iterable
from itertools import chain, islice, product, starmap
from typing import Any, Final

from auditor.check.declared import Assumed, Declaration, Place, is_placeholder
from auditor.check.declared_stacks import DeclaredStack, OpenSet
from auditor.check.shapes import as_list, as_object
from auditor.check.stack_targets import MOST_TARGETS, TOO_MANY, targets
from auditor.check.terraform.instances import Instance, hides
from auditor.check.terraform.stacks import given_parameters, template_of
from auditor.check.terraform.subjects import TerraformSubjects
from auditor.check.terraform.tags import tags_of

Json = Any

STACK_SET: Final = "aws_cloudformation_stack_set"
_ONE: Final = "aws_cloudformation_stack_set_instance"
_SEVERAL: Final = "aws_cloudformation_stack_instances"
#: The types that are read here.
STACK_SETS: Final = (STACK_SET, _ONE, _SEVERAL)
_NAME, _OVERRIDES, _TARGETS = "stack_set_name", "parameter_overrides", "deployment_targets"
_OWN_REGION: Final = "stack_set_instance_region"
_DELEGATED: Final = "DELEGATED_ADMIN"
_AFTER: Final = "is known only after the apply"


class TerraformStackSets:
    """Those of one plan: the `stacks` that are known, and the sets that may make others, which are `open`."""

    def __init__(self, read: TerraformSubjects, assumed: Assumed) -> None:
        self._read, self._assumed = read, assumed
        there = [one for one in read.instances if one.type in STACK_SETS and not one.gone]
        sets = [one for one in there if one.type == STACK_SET]
        self.stacks: list[DeclaredStack] = []
        self.open: list[OpenSet] = []
        made: dict[str, list[Instance]] = {}
        for one in there:
            if one.type != STACK_SET:
                made.setdefault(_named(read.references.value(one, _NAME, "name")), []).append(one)
        for one in sets:
            name = _named(one.value("name"))
            self._follow(one, made.pop(name, []) if name else [])
        for one in (held for left in made.values() for held in left):
            self._leave_open(one, "", "its stack set is not known here")

    def _follow(self, found: Instance, instances: Collection[Instance]) -> None:
        template = template_of(found, self._read)
        hidden = "" if instances else "where it makes stacks is not written"
        if not template:
            self._leave_open(found, "", "its template is not known here")
            return
        stacks: dict[Place, Instance] = {}
        for one in instances:
            places, why = self._places(found, one)
            hidden = hidden or why
            stacks |= dict.fromkeys(islice(places, MOST_TARGETS + 1), one)
            if len(stacks) > MOST_TARGETS:
                stacks, hidden = {}, TOO_MANY
                break
        self.stacks += [self._stack(found, one, place, template) for place, one in stacks.items()]
        if hidden:
            self._leave_open(found, template, hidden)

    def _leave_open(self, one: Instance, template: str, why: str) -> None:
        self.open.append(OpenSet(Declaration(self._read.file, one.address), template, why, one.type))

    def _places(self, found: Instance, one: Instance) -> tuple[Iterable[Place], str]:
        """Where an instance makes stacks, and why it may make others elsewhere, in a clause."""
        own = self._read.located.of(one)
        if one.type == _ONE:
            region = one.value(_OWN_REGION)
            regions, accounts = [region or own.region], one.value("account_id")
            accounts = [accounts] if accounts else []
        else:
            regions, accounts = one.value("regions"), one.value("accounts") or []
        blocks = one.value(_TARGETS)
        given = as_object(next(iter(as_list(blocks)), {}))
        if hides([regions, accounts, blocks, found.value("call_as")]):
            return [], f"where {one.address} makes stacks {_AFTER}"
        named = [*as_list(accounts), *as_list(given.get("accounts"))]
        units = as_list(given.get("organizational_unit_ids"))
        if not all(isinstance(text, str) for text in (*named, *units, *as_list(regions))):
            return [], f"where {one.address} makes stacks is of no known form"
        if not units and not named:
            named = [own.account_id]
        admin = "" if found.value("call_as") == _DELEGATED else self._read.located.of(found).account_id
        chosen = given.get("account_filter_type") or None
        counted, hidden = targets(units, named, chosen, own=admin, assumed=self._assumed)
        if not hidden and given.get("accounts_url"):
            hidden = f"accounts_url of {one.address} is not read"
        where = (dict.fromkeys(counted), dict.fromkeys(as_list(regions)))  # so that each place comes once
        if all(where) and any(not text or is_placeholder(text) for text in chain(*where)):
            return [], f"the account or Region of {one.address} is not known"
        return starmap(Place.of, product(*where)), hidden

    def _stack(self, found: Instance, one: Instance, place: Place, template: str) -> DeclaredStack:
        known, hidden = given_parameters(found.value("parameters"))
        over, over_hidden = given_parameters(one.value(_OVERRIDES))
        hidden = {name: why for name, why in hidden.items() if name not in over} | over_hidden
        known = {name: text for name, text in {**known, **over}.items() if name not in hidden}
        tags, unknown = tags_of(found, self._read.configuration)
        where = Declaration(self._read.file, f"{found.address}[{place.account_id} {place.region}]")
        return DeclaredStack(place, where, template, known, hidden, tags, unknown, of_set=True)


def _named(value: Json) -> str:
    """The name of a set, "" where it is not known, or is none."""
    return value if isinstance(value, str) else ""
