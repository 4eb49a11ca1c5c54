"""What a template says of the protection of resources apart from AWS Backup.

Source: CloudFormation template reference; what is left out is as that or the service's API says
(docs/aws-backup.md 6.5).
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from auditor.check.cloudformation.documents import as_number
from auditor.check.cloudformation.functions import UnknownInTemplate, as_text, refuse_functions
from auditor.check.cloudformation.identities import TemplateNames
from auditor.check.cloudformation.types import GLOBAL_TABLE, SIMPLE_TABLE
from auditor.check.cloudformation.values import Values
from auditor.check.declared import Declaration, Place
from auditor.check.native import DeclaredLifecyclePolicy, policy_document
from auditor.check.protections import AUTOMATED, PITR, PITR_DAYS, OwnProtection, automated, unknown
from auditor.check.shapes import as_object

Json = Any

LIFECYCLE_POLICY: Final = "AWS::DLM::LifecyclePolicy"
_TABLES: Final = ("AWS::DynamoDB::Table", GLOBAL_TABLE, SIMPLE_TABLE)
_FILE_SYSTEM: Final = "AWS::FSx::FileSystem"
_VOLUME: Final = "AWS::FSx::Volume"
_SPECIFICATION: Final = "PointInTimeRecoverySpecification"


class _Days(NamedTuple):
    """The property that has the days; one of what is made `of` something else may have what that has."""

    key: str
    of: tuple[str, ...]


_RETENTION: Final = "BackupRetentionPeriod"
_RESTORED: Final = ("SnapshotIdentifier", "SourceDBClusterIdentifier", "GlobalClusterIdentifier")
_DAYS: Final[Mapping[str, _Days]] = {
    "AWS::RDS::DBInstance": _Days(
        _RETENTION,
        (
            "DBSnapshotIdentifier",
            "DBClusterSnapshotIdentifier",
            "SourceDBInstanceIdentifier",
            "SourceDBClusterIdentifier",
            "SourceDBInstanceAutomatedBackupsArn",
            "SourceDbiResourceId",
        ),
    ),
    "AWS::RDS::DBCluster": _Days(
        _RETENTION, (*_RESTORED, "ReplicationSourceIdentifier", "SourceDbClusterResourceId")
    ),
    "AWS::DocDB::DBCluster": _Days(_RETENTION, _RESTORED),
    "AWS::Neptune::DBCluster": _Days(_RETENTION, _RESTORED),
    "AWS::Redshift::Cluster": _Days("AutomatedSnapshotRetentionPeriod", ("SnapshotIdentifier",)),
}
#: The properties that say what something is made of, where it may have what that has.
MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {name: row.of for name, row in _DAYS.items()}
#: The configuration of each type of file system, and the days where these are left out: None is not stated.
_FSX: Final[Mapping[str, tuple[str, int | None]]] = {
    "LUSTRE": ("LustreConfiguration", 0),
    "WINDOWS": ("WindowsConfiguration", 30),
    "OPENZFS": ("OpenZFSConfiguration", None),
}
_FSX_DAYS: Final = "AutomaticBackupRetentionDays"


def native_of(values: Values, kind: str, properties: Mapping[str, Json]) -> tuple[OwnProtection, ...]:
    """What the properties of a resource say, or those of a replica of a global table."""
    if kind in _TABLES:
        return (_recovery(values, f"{kind} {_SPECIFICATION}", properties),)
    if kind == _FILE_SYSTEM:
        return (_of_file_system(values, properties),)
    if kind == _VOLUME:
        return (unknown(AUTOMATED, f"{kind} {_FSX_DAYS}", "its file system says it"),)
    row = _DAYS.get(kind)
    if row is None:
        return ()
    made_of = is_made_of(values, properties, row.of)
    return (_days(values, f"{kind} {row.key}", properties.get(row.key), None if made_of else 1),)


def is_made_of(values: Values, properties: Mapping[str, Json], keys: tuple[str, ...]) -> bool:
    """Whether something is made of something else. Raises nothing: what is not known may be."""
    try:
        return any(values.chosen(properties.get(key)) is not None for key in keys)
    except UnknownInTemplate:
        return True


def _days(values: Values, source: str, given: Json, omitted: int | None) -> OwnProtection:
    try:
        found = as_number(values.told(given))
    except UnknownInTemplate as hidden:
        return unknown(AUTOMATED, source, str(hidden))
    if found is None and omitted is None:
        return unknown(AUTOMATED, source, "it is left out")
    return automated(source, omitted if found is None else found)


def _of_file_system(values: Values, properties: Mapping[str, Json]) -> OwnProtection:
    source = f"{_FILE_SYSTEM} {_FSX_DAYS}"
    try:
        kind = as_text(values.told(properties.get("FileSystemType", "")))
        key, omitted = _FSX.get(kind, ("", None))
        about = as_object(values.chosen(properties.get(key)))
        refuse_functions(about)
    except UnknownInTemplate as hidden:
        return unknown(AUTOMATED, source, str(hidden))
    made_of = is_made_of(values, properties, ("BackupId",))
    return _days(values, source, about.get(_FSX_DAYS), None if made_of else omitted)


def _recovery(values: Values, source: str, properties: Mapping[str, Json]) -> OwnProtection:
    try:
        about = as_object(values.chosen(properties.get(_SPECIFICATION)))
        refuse_functions(about)
        enabled = as_number(values.told(about.get("PointInTimeRecoveryEnabled", False)))
        days = as_number(values.told(about.get("RecoveryPeriodInDays", PITR_DAYS)))
    except UnknownInTemplate as hidden:
        return unknown(PITR, source, str(hidden))
    if not isinstance(enabled, bool | None):
        return unknown(PITR, source, "it is neither true nor false")
    known = days if isinstance(days, int) and days > 0 else None
    return OwnProtection(PITR, source, enabled=bool(enabled), days=known if enabled else None)


def lifecycle_policy_of(
    names: TemplateNames, place: Place, logical: str, where: Declaration
) -> DeclaredLifecyclePolicy:
    """A policy of Data Lifecycle Manager."""
    properties, values = names.properties(logical), names.values
    try:
        state = as_text(values.told(properties.get("State")))
        if state == "DISABLED":
            return DeclaredLifecyclePolicy(place, where, enabled=False, document=None)
        default = values.told(properties.get("DefaultPolicy"))
        details = as_object(values.told(properties.get("PolicyDetails")))
        left_out = values.told(properties.get("Exclusions"))
    except UnknownInTemplate as hidden:
        fault = f"what it targets depends on {hidden}"
        return DeclaredLifecyclePolicy(place, where, enabled=True, document=None, fault=fault)
    if default:
        more = {} if left_out is None else {"Exclusions": left_out}
        details = {"ResourceType": default, **details, **more}
    document = policy_document(details, default=bool(default))
    return DeclaredLifecyclePolicy(place, where, enabled=True, document=document)
