"""A template as what it declares. Parameters have their defaults; what has none is unknown."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.check.cloudformation.documents import as_number, as_texts, rules_document, tags_of
from auditor.check.cloudformation.types import NAMES, SIMPLE_TABLE, TAGS, arn_form, kind_of
from auditor.check.cloudformation.values import UnknownInTemplate, Values, refuse_functions
from auditor.check.declared import (
    Assumed,
    Declaration,
    DeclaredPlan,
    DeclaredResource,
    DeclaredSelection,
    DeclaredVault,
    Place,
    Reading,
    Source,
    declared_lock,
)
from auditor.check.lines import lines_of
from auditor.check.shapes import as_object
from auditor.model.documents import UnreadableDocument, whole
from auditor.model.plans import BackupPlan, Rule, Selection
from auditor.model.vaults import VaultLock

Json = Any

KIND: Final = "CloudFormation template"
PLAN: Final = "AWS::Backup::BackupPlan"
SELECTION: Final = "AWS::Backup::BackupSelection"
VAULT: Final = "AWS::Backup::BackupVault"
AIR_GAPPED: Final = "AWS::Backup::LogicallyAirGappedBackupVault"
#: AWS's own macros that make nothing that is backed up but what is written, as their references say.
#: Functions are worked out here or unknown, and of the types of SAM one is a table.
_HARMLESS: Final = (
    "AWS::CodeDeployBlueGreen",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
)
#: How the type of a module ends, which makes whatever it holds.
_MODULE: Final = "::MODULE"
_OURS: Final = (PLAN, SELECTION, VAULT, AIR_GAPPED)


def is_template(document: Json) -> bool:
    """Whether a document is a template of CloudFormation."""
    found = as_object(document)
    resources = as_object(found.get("Resources"))
    return "AWSTemplateFormatVersion" in found or any(
        "::" in str(as_object(entry).get("Type")) for entry in resources.values()
    )


def read_template(document: Json, source: Source, assumed: Assumed) -> Reading:
    """All that a template declares."""
    return _TemplateReader(document, source, assumed).read()


class _TemplateReader:
    def __init__(self, template: Mapping[str, Json], source: Source, assumed: Assumed) -> None:
        self._file, self._assumed = source.name, assumed
        self._mark = f"{assumed.mark} " if assumed.mark else ""
        self._resources = as_object(template.get("Resources"))
        self._place = Place.of(assumed.account, assumed.region)
        self._values = Values(template, self._place, self._attribute)
        self._lines = lines_of(source)
        self._parameters = [
            name
            for name, parameter in as_object(template.get("Parameters")).items()
            if "Default" in as_object(parameter)
        ]
        self._macros = [*_macros(template)]

    def read(self) -> Reading:
        reading = Reading(self._file, KIND)
        if self._macros:
            reading.incomplete = f"{self._macros[0]} may make other resources, which are not known"
        if self._parameters:
            reading.assumed.append(f"{self._file}: parameters have their defaults")
        for name in self._resources:
            kind, backed_up = self._type(name), ""
            try:
                backed_up = self._kind(name)
                if kind.endswith(_MODULE) and self._made(name):
                    reading.incomplete = f"the module {kind} makes resources that are not known"
                elif not (backed_up or kind in _OURS):
                    reading.not_looked_at[kind] += 1
                elif not self._made(name):
                    continue
            except UnknownInTemplate as unknown:
                reading.incomplete = (
                    f"whether and how {name} is made depends on {unknown}, which is not known"
                )
            self._add(reading, name, kind, backed_up)
        return reading

    def _made(self, logical: str) -> bool:
        """Whether the condition of a resource holds. Raises `UnknownInTemplate`, also for what it is."""
        condition = as_object(self._resources.get(logical)).get("Condition")
        if condition is not None and not self._values.holds(condition):
            return False
        refuse_functions(self._properties(logical))
        return True

    def _add(self, reading: Reading, name: str, kind: str, backed_up: str) -> None:
        properties = self._properties(name)
        if kind == PLAN:
            reading.plans.append(self._plan(name, properties))
        elif kind == SELECTION:
            reading.selections.append(self._selection(name, properties))
        elif kind in (VAULT, AIR_GAPPED):
            reading.vaults.append(self._vault(name, kind, properties))
        elif backed_up:
            reading.resources.append(self._resource(name, kind, backed_up, properties))

    def _kind(self, logical: str) -> str:
        """AWS Backup's word for its type, "" for none. Raises `UnknownInTemplate`."""
        refuse_functions(as_object(self._resources.get(logical)))
        properties = self._properties(logical)
        return kind_of(
            self._type(logical),
            lambda key: self._values.chosen(properties.get(key)),
            lambda key: self._values.told(properties.get(key)),
        )

    def _properties(self, name: str) -> Mapping[str, Json]:
        return as_object(as_object(self._resources.get(name)).get("Properties"))

    def _type(self, name: str) -> str:
        return str(as_object(self._resources.get(name)).get("Type"))

    def _declaration(self, name: str) -> Declaration:
        line = self._lines.line(["Resources", name]) if self._lines else 0
        return Declaration(self._file, name, line)

    def _unknown(self, logical: str) -> str:
        return f"(known after deploy: {self._mark}{logical})"

    def _known(self, value: Json) -> Json:
        """A value, None where it is not known."""
        try:
            return self._values.of(value)
        except UnknownInTemplate:
            return None

    def _name(self, logical: str, key: str) -> str:
        name = self._known(self._properties(logical).get(key))
        return name if isinstance(name, str) and name else self._unknown(logical)

    def _attribute(self, logical: str, attribute: str) -> str:
        """What Ref ("") or GetAtt gives; a stand-in where AWS has not said it yet."""
        kind = self._type(logical)
        if kind in (VAULT, AIR_GAPPED):
            name = self._name(logical, "BackupVaultName")
            return self._arn(f"backup:{{region}}:{{account}}:backup-vault:{name}") if attribute else name
        if kind == PLAN:
            plan_id = self._unknown(logical)
            own = self._arn(f"backup:{{region}}:{{account}}:backup-plan:{plan_id}")
            return own if attribute == "BackupPlanArn" else plan_id
        backed_up = self._kind(logical)
        if backed_up and attribute in ("", "Arn", "TableArn", "DBInstanceArn", "DBClusterArn"):
            arn, _ = self._resource_arn(logical, kind, backed_up)
            return arn if attribute else self._name(logical, NAMES.get(kind, ""))
        raise UnknownInTemplate(f"{'Fn::GetAtt' if attribute else 'Ref'} {logical} {attribute}".rstrip())

    def _resource_arn(self, logical: str, kind: str, backed_up: str) -> tuple[str, str]:
        """The ARN of a resource, and the part of it that is not known."""
        name = self._name(logical, NAMES.get(kind, ""))
        unknown = name if name.startswith("(known after deploy") else ""
        return self._arn(arn_form(kind, backed_up), name), unknown

    def _arn(self, form: str, name: str = "") -> str:
        parts = {"region": self._place.region, "account": self._place.account_id}
        for key in ("database", "gateway", "name"):
            parts[key] = "(known after deploy)"
        for key, text in {**parts, "id": name}.items():
            form = form.replace(f"{{{key}}}", text)
        return f"arn:{self._place.partition}:{form}"

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
        plan_id, arn = self._attribute(logical, ""), self._attribute(logical, "BackupPlanArn")
        account, region = self._place.account_id, self._place.region
        made = BackupPlan(plan_id, arn, name, account, region, "", rules, fault=fault)
        return DeclaredPlan(made, self._declaration(logical))

    def _selection(self, logical: str, properties: Mapping[str, Json]) -> DeclaredSelection:
        plan_id = self._known(properties.get("BackupPlanId"))
        named = plan_id if isinstance(plan_id, str) else f"({logical}: BackupPlanId is not known)"
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
        return DeclaredSelection(self._place, selection, self._declaration(logical))

    def _vault(self, logical: str, kind: str, properties: Mapping[str, Json]) -> DeclaredVault:
        name, arn = self._attribute(logical, ""), self._attribute(logical, "BackupVaultArn")
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

    def _resource(
        self, logical: str, kind: str, backed_up: str, properties: Mapping[str, Json]
    ) -> DeclaredResource:
        arn, unknown = self._resource_arn(logical, kind, backed_up)
        given = properties.get(TAGS.get(kind, "Tags"))
        tags, hidden = tags_of(self._values, given, as_map=kind == SIMPLE_TABLE)
        name = str(tags.get("Name") or logical)
        return DeclaredResource(
            self._place, arn, backed_up, name, tags, self._declaration(logical), hidden, unknown
        )


def _macros(template: Mapping[str, Json]) -> Iterator[str]:
    """What may make other resources than those that are written, by its name."""
    given = template.get("Transform")
    for one in given if isinstance(given, list) else [] if given is None else [given]:
        name = one.get("Name") if isinstance(one, Mapping) else one
        if name not in _HARMLESS:
            yield f"the macro {name}" if isinstance(name, str) else "a macro"
    for found in (template, as_object(template.get("Resources"))):
        yield from (name for name in found if name.startswith("Fn::"))
