"""What a plan says of the protection of resources apart from AWS Backup.

Source: the provider's page of each resource; what they leave out is as the page, or the service's API, says
(docs/aws-backup.md 6.5).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from auditor.check.declared import Declaration
from auditor.check.native import DeclaredLifecyclePolicy, policy_document
from auditor.check.protections import AUTOMATED, PITR, PITR_DAYS, OwnProtection, automated, unknown
from auditor.check.shapes import as_list, as_object
from auditor.check.terraform.configuration import Configuration, expressions
from auditor.check.terraform.instances import UNKNOWN, Instance, hides
from auditor.check.terraform.located import Located
from auditor.check.terraform.priors import Priors
from auditor.check.terraform.references import References, said

Json = Any

LIFECYCLE_POLICY: Final = "aws_dlm_lifecycle_policy"
_DETAILS: Final = "policy_details"
_AFTER: Final = "known only after the apply"
#: Of a table that is new: the plan has the same of both.
_NO_BLOCK: Final = "it is left out, or a dynamic block that is known only after the apply"
#: Blocks of a policy's details: left out, they are known, and a `dynamic` one is not in the configuration.
_BLOCKS: Final = ("schedule", "parameters", "exclusions", "action", "event_source")


class _Days(NamedTuple):
    """The attribute that has the days; what they are where it is left out, None where that is not stated.

    One that is made `of` something else may have what that has.
    """

    key: str
    omitted: int | None
    of: tuple[str, ...]


_RETENTION: Final = "backup_retention_period"
_FSX: Final = "automatic_backup_retention_days"
OF_SNAPSHOT: Final = ("snapshot_identifier", "restore_to_point_in_time")
#: Those of them that are blocks, which may be `dynamic` ones.
_BLOCKS_OF: Final = ("restore_to_point_in_time", "s3_import")
_DAYS: Final[Mapping[str, _Days]] = {
    "aws_db_instance": _Days(_RETENTION, 0, (*OF_SNAPSHOT, "replicate_source_db", "s3_import")),
    "aws_rds_cluster": _Days(
        _RETENTION,
        1,
        (*OF_SNAPSHOT, "replication_source_identifier", "global_cluster_identifier", "s3_import"),
    ),
    "aws_docdb_cluster": _Days(_RETENTION, 1, (*OF_SNAPSHOT, "global_cluster_identifier")),
    "aws_neptune_cluster": _Days(
        _RETENTION, 1, (*OF_SNAPSHOT, "replication_source_identifier", "global_cluster_identifier")
    ),
    "aws_redshift_cluster": _Days(
        "automated_snapshot_retention_period", 1, ("snapshot_identifier", "snapshot_arn")
    ),
    "aws_fsx_lustre_file_system": _Days(_FSX, 0, ("backup_id",)),
    "aws_fsx_windows_file_system": _Days(_FSX, 7, ("backup_id",)),
    "aws_fsx_openzfs_file_system": _Days(_FSX, None, ()),
}
#: The attributes that say what something is made of, where it may have what that has.
MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {name: row.of for name, row in _DAYS.items()}
#: Of what it is a part of, FSx backs up all parts or none.
_VOLUME: Final = "aws_fsx_ontap_volume"
_TABLE: Final = "aws_dynamodb_table"
_RECOVERY_DAYS: Final = "recovery_period_in_days"


class TerraformNative:
    """The same of the instances of one plan."""

    def __init__(self, configuration: Configuration, references: References) -> None:
        self._configuration, self._references = configuration, references

    def of(self, instance: Instance) -> tuple[OwnProtection, ...]:
        """What is said of a resource; nothing of a type that has no such protection."""
        if instance.type == _TABLE:
            return (self._recovery(instance),)
        if instance.type == _VOLUME:
            return (unknown(AUTOMATED, f"{_VOLUME} {_FSX}", "its file system says it"),)
        row = _DAYS.get(instance.type)
        if row is None:
            return ()
        source = f"{instance.type} {row.key}"
        value = self._references.value(instance, row.key, "")
        if value is UNKNOWN:
            left_out = is_left_out(self._configuration, instance, row.key, row.of)
            value = row.omitted if left_out else None
        if value is None:
            return (unknown(AUTOMATED, source, self._why(instance, row.key)),)
        return (automated(source, value),)

    def _why(self, instance: Instance, key: str) -> str:
        given = expressions(self._configuration.resource(instance))
        return said(given[key]) if key in given else _AFTER

    def _recovery(self, instance: Instance) -> OwnProtection:
        source = f"{_TABLE} {PITR}"
        value, written = instance.value(PITR), as_list(self._block(instance, PITR))
        if value is UNKNOWN and not written and self._configuration.dynamic(instance, PITR) is False:
            return OwnProtection(PITR, source, enabled=False)
        if value is UNKNOWN or value is None:
            return unknown(PITR, source, self._why(instance, PITR) if written else _NO_BLOCK)
        block = as_object(next(iter(as_list(value)), None))
        enabled = block.get("enabled", False)
        if not isinstance(enabled, bool):
            return unknown(PITR, source, _AFTER)
        days = block.get(_RECOVERY_DAYS)
        if days is UNKNOWN and (not written or _RECOVERY_DAYS in as_object(written[0])):
            return OwnProtection(PITR, source, enabled=enabled)
        known = days if isinstance(days, int) and days > 0 else PITR_DAYS
        return OwnProtection(PITR, source, enabled=enabled, days=known if enabled else None)

    def _block(self, instance: Instance, key: str) -> Json:
        return expressions(self._configuration.resource(instance)).get(key)

    def policies(
        self, instances: Iterable[Instance], located: Located, priors: Priors, file: str
    ) -> Iterator[DeclaredLifecyclePolicy]:
        """The policies of Data Lifecycle Manager that are there after the apply."""
        for one in instances:
            if one.type == LIFECYCLE_POLICY and not one.gone:
                where = Declaration(file, one.address)
                document, fault = self._document(one)
                enabled = one.value("state") != "DISABLED"
                fault = fault if enabled else ""
                yield DeclaredLifecyclePolicy(
                    located.of(one), where, enabled, document, fault, priors.of(one)
                )

    def _document(self, instance: Instance) -> tuple[Mapping[str, Json] | None, str]:
        """The API's document of a policy; or None, and why it is not known."""
        default, blocks = instance.value("default_policy"), instance.value(_DETAILS)
        written = as_object(next(iter(as_list(self._block(instance, _DETAILS))), None))
        block = as_object(next(iter(as_list(blocks)), None))
        stays = {*written, *_BLOCKS} if written else {*block}
        found = {key: value if value is not UNKNOWN or key in stays else None for key, value in block.items()}
        schedules = found.get("schedule")
        found["schedule"] = schedules if schedules is UNKNOWN else [{} for _ in as_list(schedules)]
        hidden = instance.value("state") is UNKNOWN or default is UNKNOWN or hides(found)
        if hidden or not block:
            return None, f"what it targets is {_AFTER}"
        exclusions = as_object(next(iter(as_list(found.get("exclusions"))), None))
        about = as_object(next(iter(as_list(found.get("parameters"))), None))
        details = {
            "PolicyType": found.get("policy_type"),
            "PolicyLanguage": found.get("policy_language"),
            "ResourceType": default or found.get("resource_type"),
            "ResourceTypes": found.get("resource_types"),
            "ResourceLocations": found.get("resource_locations"),
            "TargetTags": _tags(found.get("target_tags")),
            "Schedules": found["schedule"],
            "Parameters": {"ExcludeBootVolume": about.get("exclude_boot_volume")},
            "Exclusions": {
                "ExcludeBootVolumes": exclusions.get("exclude_boot_volumes"),
                "ExcludeTags": _tags(exclusions.get("exclude_tags")),
                "ExcludeVolumeTypes": exclusions.get("exclude_volume_types"),
            },
        }
        return policy_document(details, default=bool(default)), ""


def is_left_out(configuration: Configuration, instance: Instance, key: str, of: Iterable[str] = ()) -> bool:
    """Whether an attribute that is not known is not written, in what is new and made `of` nothing else."""
    resource = configuration.resource(instance)
    written = not resource or key in expressions(resource)
    return "create" in instance.actions and not written and not is_made_of(configuration, instance, of)


def is_made_of(configuration: Configuration, instance: Instance, of: Iterable[str]) -> bool:
    """Whether something is made `of` something else, or may be.

    What the code does not write, and the provider tells after the apply, it is not made of; a block may be a
    dynamic one.
    """
    resource = configuration.resource(instance)
    written = {*expressions(resource), *_BLOCKS_OF} if resource else {*of}

    def may_be(one: str) -> bool:
        value = instance.value(one)
        return one in written if value is UNKNOWN else value not in (None, "", [])

    return any(may_be(one) for one in of)


def _tags(given: Json) -> list[dict[str, str]]:
    return [{"Key": str(key), "Value": str(value)} for key, value in as_object(given).items()]
