"""A template as what it declares, with its nested stacks.

Parameters that nobody gives have their defaults; what has none is unknown.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from posixpath import abspath
from typing import Any, Final

from auditor.check.attachments import Attachment, attached
from auditor.check.cloudformation.attachments import ATTACHMENT, attachments_of
from auditor.check.cloudformation.block_devices import volumes_of
from auditor.check.cloudformation.documents import (
    automatic_backups,
    replicas_of,
    stack_tags,
    tags_of,
    versioning_of,
)
from auditor.check.cloudformation.functions import UnknownInTemplate, functions_of, refuse_functions
from auditor.check.cloudformation.identities import AIR_GAPPED, PLAN, SELECTION, VAULT, TemplateNames
from auditor.check.cloudformation.macros import macros
from auditor.check.cloudformation.native import LIFECYCLE_POLICY, lifecycle_policy_of, native_of
from auditor.check.cloudformation.nested import NestedStacks
from auditor.check.cloudformation.organization import (
    NODES,
    POLICY,
    of_another_type,
    template_nodes,
    template_policy,
)
from auditor.check.cloudformation.plans import plan_of, selection_of, vault_of
from auditor.check.cloudformation.roles import OF_ROLES, Policies, TemplateRoles
from auditor.check.cloudformation.source_keys import source_key_of
from auditor.check.cloudformation.stack_sets import MODULE, STACK_SET, StackSet
from auditor.check.cloudformation.subjects import OF_KEYS, keys_of, vault_policy_of
from auditor.check.cloudformation.types import (
    BUCKET,
    FILE_SYSTEM,
    GLOBAL_TABLE,
    INSTANCE,
    SIMPLE_TABLE,
    TAGS,
    kind_of,
)
from auditor.check.declared import (
    Assumed,
    Declaration,
    DeclaredResource,
    Place,
    Source,
    Template,
)
from auditor.check.declared_policies import DeclaredPolicy
from auditor.check.declared_subjects import Versioning
from auditor.check.lines import lines_of
from auditor.check.reading import Reading
from auditor.check.shapes import as_object
from auditor.yaml_files.document import Document

Json = Any

KIND: Final = "CloudFormation template"
#: What is said of a stack of which nothing but the template is known.
NO_TAGS: Final = "the stack has no tags of its own"
_OURS: Final = (PLAN, SELECTION, VAULT, AIR_GAPPED, LIFECYCLE_POLICY, POLICY, *NODES, *OF_KEYS)


def is_template(document: Json) -> bool:
    """Whether a document is a template of CloudFormation."""
    found = as_object(document)
    resources = as_object(found.get("Resources"))
    made_by_macros = "Transform" in found or functions_of(resources)
    return (
        "AWSTemplateFormatVersion" in found
        or bool(resources and made_by_macros)
        or any("::" in str(as_object(entry).get("Type")) for entry in resources.values())
    )


def read_template(document: Json, source: Source, assumed: Assumed, *, lined: bool = True) -> Reading:
    """All that a template declares, with the lines on which it does, if these are wanted."""
    names = TemplateNames(document, Place.of(assumed.account, assumed.region), assumed)
    stacks = NestedStacks(document, names, assumed, abspath(source.name))
    lines = lines_of(source) if lined else None
    return TemplateReader(document, source.name, assumed, lines, names, stacks).read()


def is_looked_at(kind: str) -> bool:
    """Whether resources of a type may be judged."""
    return kind in _OURS or bool(kind_of(kind, lambda _: None, lambda _: ""))


class TemplateReader:
    """Reads one template, and what it makes."""

    def __init__(
        self,
        template: Mapping[str, Json],
        file: str,
        assumed: Assumed,
        lines: Document | None,
        names: TemplateNames,
        stacks: NestedStacks,
    ) -> None:
        self._file, self._assumed = file, assumed
        self._resources = as_object(template.get("Resources"))
        self._place = Place.of(assumed.account, assumed.region)
        self._names, self._values, self._stacks = names, names.values, stacks
        self._lines = lines
        self._parameters = [
            name
            for name, parameter in as_object(template.get("Parameters")).items()
            if "Default" in as_object(parameter) and name not in assumed.stack.values
        ]
        self._macros = [*macros(template)]

    def read(self) -> Reading:
        """The template, with the readings of its nested stacks."""
        policies, attachments = Policies(), list[Attachment]()
        reading, roles = self._read(policies, attachments)
        family = [reading, *reading.nested]
        missing = next((one.incomplete for one in family if one.incomplete), "")
        for one, own in zip(family, roles, strict=True):
            one.roles = [*own.found(missing)]
            one.resources = attached(one.resources, attachments)
        reading.assumed += [f"{self._file}: {said}" for said in self._granted(family)]
        return reading

    def _read(self, policies: Policies, attachments: list[Attachment]) -> tuple[Reading, list[TemplateRoles]]:
        """The reading, without what depends on those of other stacks, and what finds the roles of each."""
        reading = Reading(self._file, KIND, stack=self._assumed.stack.path)
        if self._macros:
            reading.incomplete = f"{self._macros[0]} may make other resources, which are not known"
        functions, made = functions_of(self._resources), list[str]()
        for name in (name for name in self._resources if name not in functions):
            kind, backed_up = self._names.type(name), ""
            try:
                backed_up = self._names.kind(name)
                if kind.endswith(MODULE) and self._made(name):
                    reading.incomplete = f"the module {kind} makes resources that are not known"
                elif kind == STACK_SET and self._made(name):
                    self._follow_set(reading, name)
                elif not (backed_up or kind in _OURS) or self._other_policy(name, kind):
                    reading.not_looked_at[kind] += kind not in (*OF_ROLES, ATTACHMENT)
                elif not self._made(name):
                    continue
            except UnknownInTemplate as unknown:
                reading.incomplete = _undecided(name, unknown)
            made.append(name)
            self._add(reading, name, kind, backed_up)
        where, place = self._declaration, self._place
        roles = [TemplateRoles(self._names, place, self._resources, self._made, where, policies)]
        reading.role_words = [*roles[0].words()]
        found = keys_of(self._names, place, made, where)
        reading.keys, reading.key_uses, reading.key_aliases = found
        attachments += attachments_of(self._names, made, self._made)
        reading.nodes = [*template_nodes(self._names, made, where)]
        for name in self._stacks:
            roles += self._follow(reading, name, policies, attachments)
        return reading, roles

    def _follow_set(self, reading: Reading, name: str) -> None:
        """Read what a stack set makes where that is known; where else it makes anything is not."""
        found = StackSet(name, self._names, self._assumed, self._stacks, self._file)
        for one in found.stacks():
            source = one.template.source.name
            lines = one.template.lines
            reader = TemplateReader(one.template.document, source, one.assumed, lines, one.names, one.stacks)
            inner = reader.read()
            known = {said for other in reading.apart for said in other.assumed}
            inner.assumed = [said for said in inner.assumed if said not in known]
            reading.apart += [inner, *inner.nested, *inner.apart]
        if found.template is not None:
            self._say_guessed(reading, name, found.template)
        reading.anywhere = reading.anywhere or found.anywhere
        reading.not_looked_at[STACK_SET] += bool(found.hidden)

    def _follow(
        self, reading: Reading, name: str, policies: Policies, attachments: list[Attachment]
    ) -> list[TemplateRoles]:
        """Read a nested stack, and those in it; what finds the roles of each."""
        kind, why = self._names.type(name), self._stacks.why(name)
        try:
            if not self._made(name):
                return []
        except UnknownInTemplate as unknown:
            reading.incomplete = _undecided(name, unknown)
        if why:
            reading.incomplete = reading.incomplete or why
            return []
        reading.not_looked_at -= Counter({kind: 1})
        one = self._stacks.of(name)
        template = one.template
        reader = TemplateReader(
            template.document, template.source.name, one.assumed, template.lines, one.names, one.stacks
        )
        inner, roles = reader._read(policies, attachments)
        reading.nested += [inner, *inner.nested]
        reading.apart += inner.apart
        self._say_guessed(reading, name, template)
        return roles

    def _say_guessed(self, reading: Reading, name: str, template: Template) -> None:
        if template.guessed:
            which = f"the template of {self._assumed.stack.path}{name} is {template.source.name}"
            reading.assumed.append(f"{self._file}: {which}, by the name of its file")

    def _made(self, logical: str) -> bool:
        """Whether the condition of a resource holds. Raises `UnknownInTemplate`, also for what it is."""
        condition = as_object(self._resources.get(logical)).get("Condition")
        if condition is not None and not self._values.holds(condition):
            return False
        refuse_functions(self._names.properties(logical))
        return True

    def _granted(self, family: Sequence[Reading]) -> Iterator[str]:
        """What is taken to be so, though whoever makes the stack may say otherwise."""
        stack = self._assumed.stack
        if self._parameters:
            which = f"parameters that {stack.file} does not have" if stack.values else "parameters"
            yield f"{which} have their defaults"
        if any(one.resources for one in family):
            more = f" but those of {stack.file}" if stack.tags else ""
            yield f"{NO_TAGS}{more}"

    def _other_policy(self, name: str, kind: str) -> bool:
        return of_another_type(kind, self._names.properties(name), self._names)

    def _add(self, reading: Reading, name: str, kind: str, backed_up: str) -> None:
        properties = self._names.properties(name)
        if kind == PLAN:
            lifecycle = self._assumed.copy_lifecycle
            reading.plans.append(plan_of(self._names, self._place, name, self._declaration(name), lifecycle))
        elif kind == SELECTION:
            reading.selections.append(selection_of(self._names, self._place, name, self._declaration(name)))
        elif kind in (VAULT, AIR_GAPPED):
            reading.vaults.append(vault_of(self._names, self._place, name, self._declaration(name)))
            reading.subjects += vault_policy_of(self._names, self._place, name, self._declaration(name))
        elif kind == LIFECYCLE_POLICY:
            policy = lifecycle_policy_of(self._names, self._place, name, self._declaration(name))
            reading.lifecycle_policies.append(policy)
        elif kind == POLICY and not self._other_policy(name, kind):
            reading.policies.append(self._policy(name, properties))
        elif backed_up:
            try:
                places = [(self._place, properties)]
                if kind == GLOBAL_TABLE:
                    replicas = properties.get("Replicas")
                    places = replicas_of(self._values, replicas, self._place.account_id)
                made = [self._resource_in(place, name, backed_up, one) for place, one in places]
                reading.resources += made
                if kind == INSTANCE:
                    reading.resources += volumes_of(self._names, name, made[0], self._assumed.stack)
                reading.versionings += self._versionings(name, kind)
            except UnknownInTemplate as unknown:
                reading.incomplete = _undecided(name, unknown)

    def _declaration(self, name: str) -> Declaration:
        line = self._lines.line(["Resources", name]) if self._lines else 0
        return Declaration(self._file, f"{self._assumed.stack.path}{name}", line)

    def _policy(self, name: str, properties: Mapping[str, Json]) -> DeclaredPolicy:
        def line(path: tuple[str, ...]) -> int:
            inside = ["Resources", name, "Properties", "Content", *path]
            return self._lines.line(inside) if self._lines else 0

        return template_policy(properties, self._names, self._declaration(name), line)

    def _resource_in(
        self, place: Place, logical: str, backed_up: str, given: Mapping[str, Json]
    ) -> DeclaredResource:
        """A resource with the tags of `given`: its properties, or those of one of its replicas."""
        kind = self._names.type(logical)
        arn, made, parts = self._names.identity(logical, backed_up, place)
        tags, hidden = tags_of(self._values, given.get(TAGS.get(kind, "Tags")), as_map=kind == SIMPLE_TABLE)
        tags, hidden = stack_tags(self._assumed.stack, tags, hidden)
        name = str(tags.get("Name") or logical)
        own = automatic_backups(self._values, given) if kind == FILE_SYSTEM else ""
        where, native = self._declaration(logical), native_of(self._values, kind, given)
        key = source_key_of(self._values, kind, given, self._names.properties(logical))
        return DeclaredResource(
            place, arn, backed_up, name, tags, where, hidden, made, parts, own, native=native, key=key
        )

    def _versionings(self, logical: str, kind: str) -> Iterator[Versioning]:
        """What is said of the versioning of a bucket."""
        if kind == BUCKET:
            properties = self._names.properties(logical)
            name = self._names.attribute(logical, "")
            yield versioning_of(self._values, properties, name, self._declaration(logical))


def _undecided(logical: str, unknown: UnknownInTemplate) -> str:
    return f"whether and how {logical} is made depends on {unknown}, which is not known"
