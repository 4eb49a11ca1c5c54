"""A plan as JSON, `terraform show -json PLAN` or `tofu show -json PLAN`, as what it declares."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from auditor.check.declared import (
    ONE_ZONE,
    Assumed,
    Declaration,
    DeclaredOptIns,
    DeclaredPlan,
    DeclaredResource,
    DeclaredSelection,
    Source,
)
from auditor.check.reading import Reading
from auditor.check.shapes import as_list, as_object
from auditor.check.terraform.associations import ASSOCIATION, without_linked
from auditor.check.terraform.attachments import ATTACHMENT, with_attachments
from auditor.check.terraform.block_devices import with_volumes
from auditor.check.terraform.buckets import VERSIONING, versionings
from auditor.check.terraform.changes import Changes
from auditor.check.terraform.configuration import Configuration, expressions
from auditor.check.terraform.documents import ApiDocuments, UnknownValue
from auditor.check.terraform.file_systems import BACKUP_POLICY, with_own_backups
from auditor.check.terraform.instances import UNKNOWN, Instance, instances, missing_from
from auditor.check.terraform.keys import keys, read_managers
from auditor.check.terraform.located import Located
from auditor.check.terraform.native import LIFECYCLE_POLICY, TerraformNative
from auditor.check.terraform.organization import OF_ORGANIZATIONS, read_organization
from auditor.check.terraform.places import Places
from auditor.check.terraform.policy_documents import PolicyDocuments
from auditor.check.terraform.priors import Priors
from auditor.check.terraform.references import References
from auditor.check.terraform.replicas import add_replicas
from auditor.check.terraform.roles import ROLES, TerraformRoles
from auditor.check.terraform.source_keys import TerraformSourceKeys
from auditor.check.terraform.stack_sets import STACK_SETS, TerraformStackSets
from auditor.check.terraform.stacks import stacks, unread
from auditor.check.terraform.stand_ins import StandIns
from auditor.check.terraform.subjects import SUBJECTS, TerraformSubjects, account_copies
from auditor.check.terraform.tags import tags_of
from auditor.check.terraform.types import (
    AIR_GAPPED,
    ALIAS,
    KEYS,
    LOCK,
    OPT_IN,
    OTHER_SELECTION,
    PLAN,
    REPLICA,
    SELECTION,
    VAULT,
    TerraformType,
    type_of,
)
from auditor.check.terraform.vaults import TerraformVaults
from auditor.check.terraform.weakened import Weakened
from auditor.check.terraform.written import WrittenResources
from auditor.model.documents import UnreadableDocument
from auditor.model.errors import AuditorError
from auditor.model.plans import BackupPlan, Rule, Selection

Json = Any

#: What such an input is called.
KIND: Final = "Terraform plan"
#: Types that are read by modules of their own, and are nothing else.
_BESIDE: Final = (ASSOCIATION, ATTACHMENT, BACKUP_POLICY, LIFECYCLE_POLICY, VERSIONING, ALIAS, REPLICA)
_NOTHING_ELSE: Final = (*_BESIDE, *SUBJECTS, *ROLES, *KEYS, *OF_ORGANIZATIONS, *STACK_SETS)
_MAJOR: Final = "1"
_ZONE: Final = "availability_zone_name"
_PREFERENCE: Final = "resource_type_opt_in_preference"
_MANAGEMENT: Final = "resource_type_management_preference"


def is_plan(document: Json) -> bool:
    """Whether a document is a plan of Terraform or OpenTofu."""
    found = as_object(document)
    return "format_version" in found and ("resource_changes" in found or "planned_values" in found)


def read_plan(document: Json, source: Source, assumed: Assumed) -> Reading:
    """All that a plan declares.

    Raises:
        AuditorError: it is of another version of the format, or something in it is not as the format says.
    """
    version = str(document.get("format_version"))
    if version.partition(".")[0] != _MAJOR:
        raise AuditorError(
            f"{source.name}: format_version {version} is not known here; only {_MAJOR}.x is read."
        )
    return _PlanReader(document, source.name, assumed).read()


class _PlanReader:
    def __init__(self, document: Mapping[str, Json], file: str, assumed: Assumed) -> None:
        self._file, self._copies, self._assumed = file, assumed.copy_lifecycle, assumed
        self._instances = [*instances(document, file)]
        configuration = Configuration(document)
        if not assumed.earlier:
            folder = Path(file).parent if assumed.hcl is None else assumed.hcl
            configuration.code = WrittenResources(folder, dict(configuration.sources()))
        self._places = Places(document, configuration, self._instances, assumed)
        self._located = Located(self._places, self._instances)
        self._stand_ins = StandIns(self._places, assumed.mark)
        self._priors = Priors(self._located, self._stand_ins)
        self._references = References(
            configuration, self._instances, as_object(document.get("variables")), self._stand_ins.of
        )
        self._documents = ApiDocuments(configuration, self._references)
        self._configuration = configuration
        self._key_managers = read_managers(document)
        self._missing = missing_from(document, self._instances)
        self._subjects = TerraformSubjects(
            self._instances,
            self._located,
            self._stand_ins,
            self._references,
            configuration,
            PolicyDocuments(as_list(document.get("resource_changes"))),
            self._priors,
            file,
        )
        self._vaults = TerraformVaults(self._subjects, self._missing)
        self._native = TerraformNative(configuration, self._references)
        self._source_keys = TerraformSourceKeys(configuration, self._references)
        self._changes = Changes(self._instances, self._located, configuration, file, self._missing)

    def read(self) -> Reading:
        sources = dict(self._configuration.sources())
        reading = Reading(self._file, KIND, incomplete=self._missing, modules=sources)
        locks: list[Instance] = []
        for instance in self._instances:
            if instance.gone or instance.type in _NOTHING_ELSE:
                continue
            prior = self._priors.of(instance)
            if instance.type == PLAN:
                reading.plans.append(replace(self._plan(instance), prior=prior))
            elif instance.type == SELECTION:
                reading.selections.append(replace(self._selection(instance), prior=prior))
            elif instance.type == OTHER_SELECTION:
                reading.selections.append(replace(self._other_selection(instance), prior=prior))
                reading.not_looked_at[instance.type] += 1
            elif instance.type in (VAULT, AIR_GAPPED):
                reading.vaults.append(replace(self._vaults.vault(instance), prior=prior))
            elif instance.type == LOCK:
                locks.append(instance)
            elif instance.type == OPT_IN:
                reading.opt_ins.append(replace(self._opt_ins(instance), prior=prior))
            elif (row := type_of(instance.type, instance.values)) is not None:
                reading.resources.append(replace(self._resource(instance, row), prior=prior))
            else:
                reading.not_looked_at[instance.type] += 1
        read_organization(reading, self._instances, self._configuration, self._references, self._stand_ins)
        reading.vaults = self._vaults.locked(reading.vaults, locks)
        backed_up = with_own_backups(reading.resources, self._instances, self._references)
        held = with_attachments(backed_up, self._instances, self._references)
        kept = without_linked(held, self._instances, self._references)
        reading.resources = [*with_volumes(kept, self._subjects)]
        add_replicas(reading, self._subjects)
        reading.subjects = [*self._subjects.found()]
        off, hidden = account_copies(self._instances, self._configuration)
        reading.no_account_copies, reading.account_copies_fault = off, hidden
        reading.keys, reading.key_uses, reading.key_aliases = keys(self._subjects)
        reading.key_managers = self._key_managers
        reading.roles = [*TerraformRoles(self._subjects, self._missing).found()]
        reading.versionings = [*versionings(self._subjects, self._missing)]
        reading.changes = [*self._changes.found(), *Weakened(self._subjects, reading.roles).found()]
        reading.stacks, reading.anywhere = [*stacks(self._subjects)], unread(self._subjects)
        sets = TerraformStackSets(self._subjects, self._assumed)
        reading.stacks, reading.open_sets = [*reading.stacks, *sets.stacks], sets.open
        reading.not_looked_at.update(one.type for one in sets.open)
        reading.lifecycle_policies = [
            *self._native.policies(self._instances, self._located, self._priors, self._file)
        ]
        reading.removed = [*self._priors.removed(self._instances, self._file)]
        return reading

    def _declaration(self, instance: Instance) -> Declaration:
        return Declaration(self._file, instance.address)

    def _plan(self, instance: Instance) -> DeclaredPlan:
        place, name = self._located.of(instance), instance.value("name")
        rules: tuple[Rule, ...] = ()
        fault = ""
        try:
            rules = BackupPlan.rules_of(self._documents.plan(instance), self._copies)
        except (UnknownValue, UnreadableDocument) as error:
            fault = str(error)
        return DeclaredPlan(
            BackupPlan(
                plan_id=self._stand_ins.plan_id(instance),
                arn=self._stand_ins.arn(instance) or "",
                name=name if isinstance(name, str) else instance.address,
                account_id=place.account_id,
                region=place.region,
                version_id="",
                rules=rules,
                fault=fault,
            ),
            self._declaration(instance),
        )

    def _selection(self, instance: Instance) -> DeclaredSelection:
        plan_id = self._references.value(instance, "plan_id", "id")
        named = plan_id if isinstance(plan_id, str) else f"({instance.address}: plan_id is not known)"
        name = instance.value("name")
        try:
            selection = Selection.from_document(
                self._documents.selection(instance), plan_id=named, selection_id=instance.address
            )
        except (UnknownValue, UnreadableDocument) as error:
            named_so = name if isinstance(name, str) else ""
            selection = Selection(instance.address, named_so, named, "", fault=str(error))
        role = self._references.value(instance, "iam_role_arn", "arn")
        named_role, perhaps = (role, ()) if isinstance(role, str) else ("", self._perhaps_roles(instance))
        place, where = self._located.of(instance), self._declaration(instance)
        return DeclaredSelection(place, selection, where, role=named_role, perhaps_roles=perhaps)

    def _perhaps_roles(self, instance: Instance) -> tuple[str, ...]:
        """The roles that an expression of several things, such as a conditional one, may come to."""
        written = expressions(self._configuration.resource(instance)).get("iam_role_arn")
        found = self._references.several(instance, written, "arn")
        return tuple(arn for arn in found if isinstance(arn, str))

    def _other_selection(self, instance: Instance) -> DeclaredSelection:
        """A selection that is not read: what it selects is not known."""
        plan_id = f"(the plan of {instance.address})"
        fault = f"{instance.type} is not looked at"
        selection = Selection(instance.address, instance.address, plan_id, "", fault=fault)
        return DeclaredSelection(self._located.of(instance), selection, self._declaration(instance))

    def _opt_ins(self, instance: Instance) -> DeclaredOptIns:
        value = instance.value(_PREFERENCE)
        known = as_object(value)
        fault = ""
        if value is UNKNOWN or any(item is UNKNOWN for item in known.values()):
            fault = f"{_PREFERENCE} is known only after the apply"
        elif not all(isinstance(item, bool) for item in known.values()):
            fault = f"{_PREFERENCE} has a value that is neither true nor false"
        return DeclaredOptIns(
            self._located.of(instance),
            _flags(known),
            self._declaration(instance),
            fault,
            managed=_flags(as_object(instance.value(_MANAGEMENT))),
        )

    def _resource(self, instance: Instance, row: TerraformType) -> DeclaredResource:
        tags, unknown = tags_of(instance, self._configuration)
        _, unknown_id = self._stand_ins.identifier(instance)
        arn = self._stand_ins.arn(instance) or ""
        given = expressions(self._configuration.resource(instance))
        zone = instance.value(_ZONE)  # "" of one that is of all zones
        one_zone = _ZONE in given if zone is UNKNOWN else isinstance(zone, str) and bool(zone)
        return DeclaredResource(
            place=self._located.of(instance),
            arn=arn,
            resource_type=row.kind,
            name=str(tags.get("Name") or instance.name),
            tags=tags,
            declaration=self._declaration(instance),
            unknown_tags=unknown,
            unknown_id="" if row.identifier in given else unknown_id,
            unknown_parts=(self._stand_ins.unknown(instance),),
            elsewhere=ONE_ZONE if row.kind == "EFS" and one_zone else "",
            native=self._native.of(instance),
            key=self._source_keys.of(instance),
        )


def _flags(given: Mapping[str, Json]) -> dict[str, bool]:
    """Those that are true or false, by resource type."""
    return {str(kind): item for kind, item in given.items() if isinstance(item, bool)}
