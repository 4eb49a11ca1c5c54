"""The keys that resources are encrypted with, in a template.

Source: CloudFormation template reference; what is left out is as that or the service's API says
(aws-backup.md 4.18).
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from auditor.check.cloudformation.functions import UnknownInTemplate, as_text, refuse_functions
from auditor.check.cloudformation.native import MADE_OF, is_made_of
from auditor.check.cloudformation.types import GLOBAL_TABLE, SIMPLE_TABLE
from auditor.check.cloudformation.values import Values
from auditor.check.key_managers import NOT_ENCRYPTED, OF_AWS, OF_AWS_OR_NONE, SourceKey
from auditor.check.shapes import as_object

Json = Any

VOLUME: Final = "AWS::EC2::Volume"
_KEY: Final = "KmsKeyId"
_PART: Final = "AWS::FSx::Volume"
_TABLES: Final = ("AWS::DynamoDB::Table", GLOBAL_TABLE, SIMPLE_TABLE)
#: What holds for a volume of which no key is named.
_DEFAULT: Final = "the defaults of its account for EBS decide, which the template does not tell"
_SSE: Final = "SSESpecification"


class _Keyed(NamedTuple):
    """The property that says whether there is a key, "" where there always is, and what holds without one.

    What is made of one of `keeps` has the key of that, whatever it names.
    """

    encrypted: str = "StorageEncrypted"
    plain: SourceKey = NOT_ENCRYPTED
    keeps: tuple[str, ...] = ()


#: By which a database is restored: no such operation of RDS takes a key.
_RESTORED: Final = (
    *("DBSnapshotIdentifier", "DBClusterSnapshotIdentifier", "RestoreTime", "UseLatestRestorableTime"),
    *("SourceDBInstanceAutomatedBackupsArn", "SourceDbiResourceId"),
)
_ROWS: Final[Mapping[str, _Keyed]] = {
    "AWS::RDS::DBInstance": _Keyed(keeps=_RESTORED),
    "AWS::RDS::DBCluster": _Keyed(plain=OF_AWS_OR_NONE),
    "AWS::DocDB::DBCluster": _Keyed(),
    "AWS::Neptune::DBCluster": _Keyed(),
    "AWS::Redshift::Cluster": _Keyed("Encrypted", OF_AWS_OR_NONE),
    "AWS::RedshiftServerless::Namespace": _Keyed(""),
    "AWS::FSx::FileSystem": _Keyed(""),
}


def source_key_of(
    values: Values, kind: str, properties: Mapping[str, Json], table: Mapping[str, Json]
) -> SourceKey | None:
    """The key of a resource, None of a type that keeps none, or of which nothing is known here.

    `properties` may be those of a replica of a global table; `table` are then those of the whole.
    """
    if kind == _PART:
        return SourceKey(fault="its file system has the key")
    try:
        if kind == VOLUME:
            return volume_key(values, properties)
        if kind in _TABLES:
            return _of_table(values, properties, table)
        row = _ROWS.get(kind)
        return None if row is None else _of_row(values, kind, row, properties)
    except UnknownInTemplate as unknown:
        return SourceKey(fault=f"it depends on {unknown}, which the template does not tell")


def volume_key(values: Values, properties: Mapping[str, Json]) -> SourceKey:
    """The key of a volume, by its properties, or those of a mapping. Raises `UnknownInTemplate`."""
    key = _text(values, properties, _KEY)
    if not key:
        return SourceKey(fault=_DEFAULT)
    return _named(values, properties, key, "Encrypted")


def _of_row(values: Values, kind: str, row: _Keyed, properties: Mapping[str, Json]) -> SourceKey:
    key = _text(values, properties, _KEY)
    if is_made_of(values, properties, row.keeps if key else MADE_OF.get(kind, ("BackupId",))):
        return SourceKey(fault="it may have the key of what it is made of")
    if key:
        return _named(values, properties, key, row.encrypted)
    return OF_AWS if not row.encrypted or _is_true(values, properties, row.encrypted) else row.plain


def _of_table(values: Values, properties: Mapping[str, Json], table: Mapping[str, Json]) -> SourceKey:
    own, whole = (as_object(values.chosen(one.get(_SSE))) for one in (properties, table))
    refuse_functions(own)
    refuse_functions(whole)
    if not _is_true(values, whole, "SSEEnabled"):
        return OF_AWS
    key = _text(values, own, "KMSMasterKeyId")
    return SourceKey(key) if key else OF_AWS


def _named(values: Values, properties: Mapping[str, Json], key: str, attribute: str) -> SourceKey:
    """The key that something names, if it says that it is encrypted at all."""
    if not attribute or _is_true(values, properties, attribute):
        return SourceKey(key)
    return SourceKey(fault=f"it names a key, and its {attribute} is not true")


def _text(values: Values, properties: Mapping[str, Json], key: str) -> str:
    """A property, "" where there is none. Raises `UnknownInTemplate`, also for what is no text."""
    found = values.of(properties.get(key))
    if not isinstance(found, str | None):
        raise UnknownInTemplate(key)
    return found or ""


def _is_true(values: Values, properties: Mapping[str, Json], key: str) -> bool:
    given = values.told(properties.get(key))
    return given is not None and as_text(given).lower() == "true"
