"""The stacks that a stack set makes, each in its account and Region, as far as the template names these.

Source: CloudFormation template reference, AWS::CloudFormation::StackSet: of `DeploymentTargets` a filter of
accounts chooses among those of units, and `ParameterOverrides` of a group take the place of `Parameters`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from posixpath import abspath
from typing import Any, Final

from auditor.check.cloudformation.attachments import ATTACHMENT
from auditor.check.cloudformation.documents import stack_tags, tags_of
from auditor.check.cloudformation.functions import UnknownInTemplate, as_text, functions_of, refuse_functions
from auditor.check.cloudformation.identities import PLAN, SELECTION, TemplateNames
from auditor.check.cloudformation.macros import macros
from auditor.check.cloudformation.native import LIFECYCLE_POLICY
from auditor.check.cloudformation.nested import STACKS, NestedStacks
from auditor.check.cloudformation.organization import POLICY
from auditor.check.cloudformation.types import INSTANCE
from auditor.check.cloudformation.values import Values
from auditor.check.cloudformation.written import written_in
from auditor.check.declared import Assumed, Place, Source, Template
from auditor.check.shapes import as_object
from auditor.check.stack_targets import MOST_TARGETS, TOO_MANY, targets
from auditor.check.stacks import StackParameters
from reports.text import clip

Json = Any

STACK_SET: Final = "AWS::CloudFormation::StackSet"
#: How the type of a module ends, which makes whatever it holds.
MODULE: Final = "::MODULE"
#: What protects something else, or may make what does.
_PROTECTS: Final = (PLAN, SELECTION, LIFECYCLE_POLICY, POLICY, ATTACHMENT, INSTANCE, STACK_SET, *STACKS)
_BODY, _PARAMETERS, _GROUPS = "TemplateBody", "Parameters", "StackInstancesGroup"
_UNITS: Final = "OrganizationalUnitIds"
_DELEGATED: Final = "DELEGATED_ADMIN"
_ACCOUNT, _NAME = re.compile("[0-9]{12}"), re.compile("[a-z0-9-]{1,80}")


@dataclass(frozen=True, slots=True)
class _Group:
    """Accounts and Regions with what their stacks are made with in place of what the set says."""

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    overrides: Json


@dataclass(frozen=True, slots=True)
class StackOfSet:
    """A stack in one account and Region, and all that reads it."""

    template: Template
    assumed: Assumed
    names: TemplateNames
    stacks: NestedStacks


class StackSet:
    """One stack set of a template. `hidden` says why it may make stacks elsewhere, "" where it does not."""

    def __init__(
        self, logical: str, names: TemplateNames, assumed: Assumed, beside: NestedStacks, file: str
    ) -> None:
        self._logical, self._names, self._assumed, self._file = logical, names, assumed, file
        self._properties, self._chain = names.properties(logical), beside.chain
        self.hidden = ""
        template = self._body() or beside.template_of(logical)
        self.template = template if isinstance(template, Template) else None
        self._groups = [*self._of_groups()] if self.template else []
        if not self.template:
            self.hidden = "its template is not in reach"
        elif sum(len(one.accounts) * len(one.regions) for one in self._groups) > MOST_TARGETS:
            self._groups, self.hidden = [], TOO_MANY

    @property
    def anywhere(self) -> str:
        """What it may protect, in a clause; "" where that is known, as where nothing in its template does."""
        template = self.template
        if not self.hidden or (template is not None and not protects(template.document)):
            return ""
        return f"the stack set {self._logical} may make what protects it: {self.hidden}"

    def _body(self) -> Template | None:
        """The template that is written in the template; None where there is none, or it is not known."""
        try:
            text = self._names.values.told(self._properties.get(_BODY))
        except UnknownInTemplate:
            return None
        if not isinstance(text, str):
            return None
        source = Source(self._file, text.encode(errors="replace"))
        return Template(written_in(text, self._file, self._logical), source)

    def _of_groups(self) -> Iterator[_Group]:
        values = self._names.values
        try:
            groups = values.chosen(self._properties.get(_GROUPS))
            if not isinstance(groups, list) or not groups:
                self.hidden = "where it makes stacks is not written"
                return
            for item in groups:
                group = as_object(values.chosen(item))
                refuse_functions(group)
                yield self._group(values, group)
        except UnknownInTemplate as unknown:
            self.hidden = f"where it makes stacks depends on {unknown}"

    def _group(self, values: Values, group: Mapping[str, Json]) -> _Group:
        given = as_object(values.chosen(group.get("DeploymentTargets")))
        refuse_functions(given)
        accounts = _texts(values, given.get("Accounts"), _ACCOUNT)
        regions, units = _texts(values, group.get("Regions"), _NAME), _texts(values, given.get(_UNITS), _NAME)
        kind, by = values.told(given.get("AccountFilterType")), values.told(self._properties.get("CallAs"))
        own = "" if by == _DELEGATED else self._assumed.account
        counted, hidden = targets(units, accounts, kind, own=own, assumed=self._assumed)
        if not hidden and values.chosen(given.get("AccountsUrl")) is not None:
            hidden = "its AccountsUrl is not read"
        self.hidden = self.hidden or hidden
        return _Group(counted, regions, group.get("ParameterOverrides"))

    def stacks(self) -> Iterator[StackOfSet]:
        """The stacks in accounts and Regions that are known; of another place each is by itself."""
        if self.template is None:
            return
        for group in self._groups:
            for account, region in product(group.accounts, group.regions):
                yield self._stack(self.template, group, account, region)

    def _stack(self, template: Template, group: _Group, account: str, region: str) -> StackOfSet:
        made_with = self._made_with(template.document, group, f"{account} {region}")
        assumed = replace(self._assumed, account=account, region=region, stack=made_with)
        place = Place.of(account, region)
        names = TemplateNames(template.document, place, assumed, self._names.values.depth)
        path = abspath(template.source.name)  # that of the set where its template is written there
        chain = self._chain if path in self._chain else (*self._chain, path)
        return StackOfSet(template, assumed, names, NestedStacks(template.document, names, assumed, *chain))

    def _made_with(self, template: Mapping[str, Json], group: _Group, where: str) -> StackParameters:
        values, above = self._names.values, self._assumed.stack
        known, hidden = dict[str, Json](), dict[str, str]()
        for given in (self._properties.get(_PARAMETERS), group.overrides):
            try:
                for item in values.chosen(given) or ():
                    pair = as_object(values.chosen(item))
                    name = as_text(values.told(pair.get("ParameterKey")))
                    hidden.pop(name, None)
                    try:
                        known[name] = as_text(values.told(pair.get("ParameterValue")))
                    except UnknownInTemplate as unknown:
                        hidden[name] = f"Ref {name} ({unknown})"
            except (TypeError, UnknownInTemplate) as unknown:
                hidden |= {name: f"Ref {name} ({unknown})" for name in as_object(template.get("Parameters"))}
        own, unknown_tags = tags_of(values, self._properties.get("Tags"), as_map=False)
        tags, open_ = stack_tags(above, own, unknown_tags, reach=None)
        path = f"{above.path}{self._logical}[{where}]/"
        return StackParameters(
            above.file, {**known, **dict.fromkeys(hidden)}, tags, {}, path, hidden, {}, open_
        )


def protects(template: Mapping[str, Json]) -> bool:
    """Whether anything that a template makes may protect something else."""
    made = [as_object(one) for one in as_object(template.get("Resources")).values()]
    kinds = [str(one.get("Type")) for one in made]
    return (
        any(kind in _PROTECTS or kind.endswith(MODULE) for kind in kinds)
        or any(macros(template))
        or any(any(functions_of(one)) for one in made)
    )


def _texts(values: Values, given: Json, form: re.Pattern[str]) -> tuple[str, ...]:
    """The texts of a list, each of a form. Raises `UnknownInTemplate`."""
    found = values.told(given)
    texts = tuple(dict.fromkeys(as_text(one) for one in found)) if isinstance(found, list) else ()
    for one in texts:
        if not form.fullmatch(one):
            raise UnknownInTemplate(f"{clip(one, 40)}, which is of no known form")
    return texts
