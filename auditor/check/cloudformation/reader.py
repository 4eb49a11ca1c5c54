"""A template as what it declares. Parameters have their defaults; what has none is unknown."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.check.cloudformation.attachments import ATTACHMENT, with_attachments
from auditor.check.cloudformation.documents import (
    as_number,
    as_texts,
    automatic_backups,
    rules_document,
    tags_of,
    versioning_of,
)
from auditor.check.cloudformation.identities import AIR_GAPPED, KEYS, PLAN, SELECTION, VAULT, TemplateNames
from auditor.check.cloudformation.organization import (
    NODES,
    POLICY,
    of_another_type,
    template_nodes,
    template_policy,
)
from auditor.check.cloudformation.roles import OF_ROLES, TemplateRoles, role_of
from auditor.check.cloudformation.subjects import keys_of, vault_policy_of
from auditor.check.cloudformation.types import (
    BUCKET,
    FILE_SYSTEM,
    GLOBAL_TABLE,
    SIMPLE_TABLE,
    TAGS,
    kind_of,
)
from auditor.check.cloudformation.values import UnknownInTemplate, as_text, functions_of, refuse_functions
from auditor.check.declared import (
    Assumed,
    Declaration,
    DeclaredPlan,
    DeclaredResource,
    DeclaredSelection,
    DeclaredVault,
    Place,
    Source,
)
from auditor.check.declared_policies import DeclaredPolicy
from auditor.check.declared_subjects import Versioning
from auditor.check.lines import lines_of
from auditor.check.locks import declared_lock
from auditor.check.reading import Reading
from auditor.check.shapes import as_object
from auditor.model.documents import UnreadableDocument, whole
from auditor.model.plans import BackupPlan, Rule, Selection
from auditor.model.vaults import VaultLock
from auditor.yaml_files.document import Document

Json = Any

KIND: Final = "CloudFormation template"
#: AWS's own macros that make nothing that is backed up but what is written, as their references say.
#: Functions are worked out here or unknown, and of the types of SAM one is a table.
_HARMLESS: Final = (
    "AWS::CodeDeployBlueGreen",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
)
#: What is said of a stack of which nothing but the template is known.
NO_TAGS: Final = "the stack has no tags of its own"
#: How the type of a module ends, which makes whatever it holds.
_MODULE: Final = "::MODULE"
#: What makes stacks of their own, each by a template of its own.
_STACKS: Final = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")
_OURS: Final = (PLAN, SELECTION, VAULT, AIR_GAPPED, POLICY, *NODES, *KEYS)


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
    return _TemplateReader(document, source, assumed, lines_of(source) if lined else None).read()


def is_looked_at(kind: str) -> bool:
    """Whether resources of a type may be judged."""
    return kind in _OURS or bool(kind_of(kind, lambda _: None, lambda _: ""))


class _TemplateReader:
    def __init__(
        self,
        template: Mapping[str, Json],
        source: Source,
        assumed: Assumed,
        lines: Document | None,
    ) -> None:
        self._file, self._assumed = source.name, assumed
        self._resources = as_object(template.get("Resources"))
        self._place = Place.of(assumed.account, assumed.region)
        self._names = TemplateNames(template, self._place, assumed)
        self._values = self._names.values
        self._lines = lines
        self._parameters = [
            name
            for name, parameter in as_object(template.get("Parameters")).items()
            if "Default" in as_object(parameter) and name not in assumed.stack.values
        ]
        self._macros = [*_macros(template)]

    def read(self) -> Reading:
        reading = Reading(self._file, KIND)
        if self._macros:
            reading.incomplete = f"{self._macros[0]} may make other resources, which are not known"
        functions, made = functions_of(self._resources), list[str]()
        for name in (name for name in self._resources if name not in functions):
            kind, backed_up = self._names.type(name), ""
            try:
                backed_up = self._names.kind(name)
                if kind.endswith(_MODULE) and self._made(name):
                    reading.incomplete = f"the module {kind} makes resources that are not known"
                elif not (backed_up or kind in _OURS) or self._other_policy(name, kind):
                    reading.not_looked_at[kind] += kind not in (*OF_ROLES, ATTACHMENT)
                elif not self._made(name):
                    continue
            except UnknownInTemplate as unknown:
                reading.incomplete = _undecided(name, unknown)
            made.append(name)
            self._add(reading, name, kind, backed_up)
        roles = TemplateRoles(self._names, self._place, self._resources, self._made, self._declaration)
        reading.roles, reading.role_words = [*roles.found(reading.incomplete)], [*roles.words()]
        reading.keys, reading.key_uses = keys_of(self._names, self._place, made, self._declaration)
        reading.resources = with_attachments(reading.resources, self._names, made, self._made)
        reading.nodes = [*template_nodes(self._names, made, self._declaration)]
        reading.assumed += [f"{self._file}: {said}" for said in self._granted(reading)]
        return reading

    def _granted(self, reading: Reading) -> Iterator[str]:
        """What is taken to be so, though whoever makes the stack may say otherwise."""
        stack = self._assumed.stack
        if self._parameters:
            which = f"parameters that {stack.file} does not have" if stack.values else "parameters"
            yield f"{which} have their defaults"
        if any(self._names.type(name) in _STACKS for name in self._resources):
            yield "templates of nested stacks are among the inputs"
        if reading.resources:
            more = f" but those of {stack.file}" if stack.tags else ""
            yield f"{NO_TAGS}{more}"

    def _made(self, logical: str) -> bool:
        """Whether the condition of a resource holds. Raises `UnknownInTemplate`, also for what it is."""
        condition = as_object(self._resources.get(logical)).get("Condition")
        if condition is not None and not self._values.holds(condition):
            return False
        refuse_functions(self._names.properties(logical))
        return True

    def _other_policy(self, name: str, kind: str) -> bool:
        return of_another_type(kind, self._names.properties(name), self._names)

    def _add(self, reading: Reading, name: str, kind: str, backed_up: str) -> None:
        properties = self._names.properties(name)
        if kind == PLAN:
            reading.plans.append(self._plan(name, properties))
        elif kind == SELECTION:
            reading.selections.append(self._selection(name, properties))
        elif kind in (VAULT, AIR_GAPPED):
            reading.vaults.append(self._vault(name, kind, properties))
            reading.subjects += vault_policy_of(self._names, self._place, name, self._declaration(name))
        elif kind == POLICY and not self._other_policy(name, kind):
            reading.policies.append(self._policy(name, properties))
        elif backed_up:
            try:
                places = [(self._place, properties)] if kind != GLOBAL_TABLE else self._replicas(name)
                reading.resources += [self._resource_in(place, name, backed_up, one) for place, one in places]
                reading.versionings += self._versionings(name, kind)
            except UnknownInTemplate as unknown:
                reading.incomplete = _undecided(name, unknown)

    def _declaration(self, name: str) -> Declaration:
        line = self._lines.line(["Resources", name]) if self._lines else 0
        return Declaration(self._file, name, line)

    def _policy(self, name: str, properties: Mapping[str, Json]) -> DeclaredPolicy:
        def line(path: tuple[str, ...]) -> int:
            inside = ["Resources", name, "Properties", "Content", *path]
            return self._lines.line(inside) if self._lines else 0

        return template_policy(properties, self._names, self._declaration(name), line)

    def _plan(self, logical: str, properties: Mapping[str, Json]) -> DeclaredPlan:
        rules: tuple[Rule, ...] = ()
        fault, name = "", logical
        try:
            plan = as_object(self._values.of(properties.get("BackupPlan")))
            name = str(plan.get("BackupPlanName") or logical)
            rules = BackupPlan.rules_of(rules_document(plan), self._assumed.copy_lifecycle)
        except UnknownInTemplate as unknown:
            fault = f"it depends on {unknown}, which the template does not tell"
        except UnreadableDocument as error:
            fault = str(error)
        plan_id, arn = (self._names.attribute(logical, key) for key in ("", "BackupPlanArn"))
        account, region = self._place.account_id, self._place.region
        made = BackupPlan(plan_id, arn, name, account, region, "", rules, fault=fault)
        return DeclaredPlan(made, self._declaration(logical))

    def _selection(self, logical: str, properties: Mapping[str, Json]) -> DeclaredSelection:
        plan_id = self._names.known(properties.get("BackupPlanId"))
        named = plan_id or f"({logical}: BackupPlanId is not known)"
        try:
            inner = as_object(self._values.chosen(properties.get("BackupSelection")))
            without_role = {key: value for key, value in inner.items() if key != "IamRoleArn"}
            document = as_texts(self._values.of(without_role))
            self._values.told([inner.get("ListOfTags"), inner.get("Conditions")])  # tags are compared
            selection = Selection.from_document(document, plan_id=named, selection_id=logical)
        except UnknownInTemplate as unknown:
            fault = f"it depends on {unknown}, which the template does not tell"
            selection = Selection(logical, logical, named, "", fault=fault)
        except UnreadableDocument as error:
            selection = Selection(logical, logical, named, "", fault=str(error))
        role, perhaps = role_of(self._names, properties.get("BackupSelection"))
        where = self._declaration(logical)
        return DeclaredSelection(self._place, selection, where, role=role, perhaps_roles=perhaps)

    def _vault(self, logical: str, kind: str, properties: Mapping[str, Json]) -> DeclaredVault:
        name, arn = (self._names.attribute(logical, key) for key in ("", "BackupVaultArn"))
        lock, fault = VaultLock(locked=False), ""
        given = properties if kind == AIR_GAPPED else properties.get("LockConfiguration")
        try:
            found = None if given is None else as_object(self._values.of(given))
            if found:
                keys = ("MinRetentionDays", "MaxRetentionDays", "ChangeableForDays")
                least, most, grace = (whole(as_number(found.get(key)), key) for key in keys)
                gapped = kind == AIR_GAPPED
                lock = declared_lock(least, most, changeable_for_days=grace, air_gapped=gapped)
        except UnknownInTemplate as unknown:
            fault = f"it depends on {unknown}, which the template does not tell"
        except UnreadableDocument as error:
            fault = str(error)
        return DeclaredVault(self._place, arn, name, lock, self._declaration(logical), fault)

    def _resource_in(
        self, place: Place, logical: str, backed_up: str, given: Mapping[str, Json]
    ) -> DeclaredResource:
        """A resource with the tags of `given`: its properties, or those of one of its replicas."""
        kind = self._names.type(logical)
        arn, made, parts = self._names.identity(logical, backed_up, place)
        tags, hidden = tags_of(self._values, given.get(TAGS.get(kind, "Tags")), as_map=kind == SIMPLE_TABLE)
        tags = {**self._assumed.stack.tags, **tags}  # the stack's, which all of it gets
        name = str(tags.get("Name") or logical)
        own = automatic_backups(self._values, given) if kind == FILE_SYSTEM else ""
        return DeclaredResource(
            place, arn, backed_up, name, tags, self._declaration(logical), hidden, made, parts, own
        )

    def _versionings(self, logical: str, kind: str) -> Iterator[Versioning]:
        """What is said of the versioning of a bucket."""
        if kind == BUCKET:
            properties = self._names.properties(logical)
            name = self._names.attribute(logical, "")
            yield versioning_of(self._values, properties, name, self._declaration(logical))

    def _replicas(self, logical: str) -> list[tuple[Place, Mapping[str, Json]]]:
        """Where the tables of a global table lie, each with its properties. Raises `UnknownInTemplate`."""
        given = self._values.chosen(self._names.properties(logical).get("Replicas"))
        if not isinstance(given, list):
            raise UnknownInTemplate("its Replicas")
        found = []
        for item in given:
            replica = self._values.chosen(item)
            if replica is None:
                continue
            refuse_functions(as_object(replica))
            region = as_text(self._values.of(as_object(replica).get("Region")))
            found.append((Place.of(self._assumed.account, region), as_object(replica)))
        return found


def _undecided(logical: str, unknown: UnknownInTemplate) -> str:
    return f"whether and how {logical} is made depends on {unknown}, which is not known"


def _macros(template: Mapping[str, Json]) -> Iterator[str]:
    """What may make other resources than those that are written, by its name."""
    given = template.get("Transform")
    for one in given if isinstance(given, list) else [] if given is None else [given]:
        name = one.get("Name") if isinstance(one, Mapping) else one
        if name not in _HARMLESS:
            yield f"the macro {name}" if isinstance(name, str) else "a macro"
    for found in (template, as_object(template.get("Resources"))):
        yield from functions_of(found)
