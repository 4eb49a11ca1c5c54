"""The keys that resources are encrypted with, in a plan of Terraform.

Source: the provider's page of each resource; what they leave out is as the page, or the service's API, says
(aws-backup.md 4.18).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from auditor.check.key_managers import NOT_ENCRYPTED, OF_AWS, OF_AWS_OR_NONE, SourceKey
from auditor.check.shapes import as_list, as_object
from auditor.check.terraform.configuration import Configuration, expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.native import MADE_OF, OF_SNAPSHOT, is_left_out, is_made_of
from auditor.check.terraform.references import References, said

Json = Any

_KEY: Final = "kms_key_id"
_AFTER: Final = "is known only after the apply"
#: What holds for a volume of which no key is named.
_DEFAULT: Final = "the defaults of its account for EBS decide, which the plan does not tell"
_MADE_OF: Final = "it may have the key of what it is made of"


class _Keyed(NamedTuple):
    """The attribute that names the key, and the one that says whether there is any: "" where always.

    `plain` holds where that is not true, `omitted` where it is left out and the plan does not tell it.
    What is made of one of `keeps` has the key of that, whatever it names.
    """

    key: str = _KEY
    encrypted: str = "storage_encrypted"
    plain: SourceKey = NOT_ENCRYPTED
    omitted: SourceKey | None = None
    keeps: tuple[str, ...] = ()


_ALWAYS: Final = _Keyed(encrypted="")
_GATEWAY: Final = _Keyed("kms_key", "kms_encrypted", SourceKey(fault="S3 manages its key"))
_ROWS: Final[Mapping[str, _Keyed]] = {
    "aws_db_instance": _Keyed(keeps=OF_SNAPSHOT),
    "aws_rds_cluster": _Keyed(plain=OF_AWS_OR_NONE, omitted=OF_AWS_OR_NONE),
    "aws_docdb_cluster": _Keyed(),
    "aws_neptune_cluster": _Keyed(),
    "aws_redshift_cluster": _Keyed(encrypted="encrypted", plain=OF_AWS_OR_NONE, omitted=OF_AWS_OR_NONE),
    "aws_redshiftserverless_namespace": _ALWAYS,
    "aws_fsx_lustre_file_system": _ALWAYS,
    "aws_fsx_windows_file_system": _ALWAYS,
    "aws_fsx_openzfs_file_system": _ALWAYS,
    "aws_storagegateway_cached_iscsi_volume": _GATEWAY,
    "aws_storagegateway_stored_iscsi_volume": _GATEWAY,
}
_VOLUME: Final = "aws_ebs_volume"
_PART: Final = "aws_fsx_ontap_volume"
_TABLE: Final = "aws_dynamodb_table"
_SSE, _OF_TABLE = "server_side_encryption", "kms_key_arn"
#: What else is made of something, beside what tells the days of its own backups.
_MORE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "aws_fsx_openzfs_file_system": ("backup_id",),
    _TABLE: ("restore_source_name", "restore_source_table_arn"),
}


class _NotKnownError(Exception):
    """Which key it is, is not known: the message says why, in a clause."""


class TerraformSourceKeys:
    """The same of the instances of one plan."""

    def __init__(self, configuration: Configuration, references: References) -> None:
        self._configuration, self._references = configuration, references

    def of(self, instance: Instance) -> SourceKey | None:
        """The key of a resource; None of a type that keeps none, or of which nothing is known here."""
        if instance.type == _VOLUME:
            return self.of_volume(instance, instance.value, self._given(instance))
        if instance.type == _PART:
            return SourceKey(fault="its file system has the key")
        row = _ROWS.get(instance.type)
        try:
            if instance.type == _TABLE:
                return self._of_table(instance)
            return None if row is None else self._of_row(instance, row)
        except _NotKnownError as hidden:
            return SourceKey(fault=str(hidden))

    def of_volume(
        self, instance: Instance, value: Callable[[str], Json], given: Mapping[str, Json]
    ) -> SourceKey:
        """The key of a volume, by its attributes, or those of the block of an instance, as `given`."""
        encrypted = value("encrypted")
        try:
            key = self._key(instance, _KEY, value(_KEY), given.get(_KEY))
            if key:
                return _named(key, "encrypted", encrypted)
        except _NotKnownError as hidden:
            return SourceKey(fault=str(hidden))
        plain = encrypted is False and "create" not in instance.actions
        return NOT_ENCRYPTED if plain else SourceKey(fault=_DEFAULT)

    def _of_row(self, instance: Instance, row: _Keyed) -> SourceKey:
        given = self._given(instance)
        encrypted = instance.value(row.encrypted) if row.encrypted else True
        key = self._key(instance, row.key, instance.value(row.key), given.get(row.key))
        new = "create" in instance.actions
        if key and new and is_made_of(self._configuration, instance, row.keeps):
            raise _NotKnownError(_MADE_OF)
        if key:
            return _named(key, row.encrypted, encrypted)
        if encrypted is UNKNOWN and row.encrypted in given:
            raise _NotKnownError(f"{row.encrypted} {_AFTER} ({said(given[row.encrypted])})")
        of = MADE_OF.get(instance.type, ()) + _MORE_OF.get(instance.type, ())
        if new and not is_left_out(self._configuration, instance, row.key, of):
            raise _NotKnownError(_MADE_OF)
        if encrypted is UNKNOWN or (encrypted is None and not new):
            return row.omitted or SourceKey(fault=f"{row.encrypted} {_AFTER}")
        if not _is_true(encrypted):
            return row.plain
        return OF_AWS if new else SourceKey(fault=f"the plan has no {row.key} of it")

    def _of_table(self, instance: Instance) -> SourceKey:
        value, written = instance.value(_SSE), as_list(self._given(instance).get(_SSE))
        if any(instance.value(one) not in (None, "") for one in _MORE_OF[_TABLE]):
            raise _NotKnownError(_MADE_OF)
        if value is UNKNOWN and not written and self._configuration.dynamic(instance, _SSE) is False:
            return OF_AWS
        if value is UNKNOWN or value is None:
            raise _NotKnownError(f"{_SSE} is left out, or a dynamic block that {_AFTER}")
        block = as_object(next(iter(as_list(value)), None))
        expression = as_object(next(iter(written), None)).get(_OF_TABLE)
        hidden = block.get("enabled") is UNKNOWN or (block.get(_OF_TABLE) is UNKNOWN and not written)
        if hidden:
            raise _NotKnownError(f"{_SSE} {_AFTER}")
        key = self._key(instance, _OF_TABLE, block.get(_OF_TABLE), expression)
        return SourceKey(key) if key and _is_true(block.get("enabled")) else OF_AWS

    def _key(self, instance: Instance, attribute: str, value: Json, expression: Json) -> str:
        """The key that an attribute names, "" where it is left out."""
        if value is UNKNOWN and expression is not None:
            value = self._references.one(instance, expression, "arn")
            if not isinstance(value, str):
                raise _NotKnownError(f"{attribute} {_AFTER} ({said(expression)})")
        return value if isinstance(value, str) else ""

    def _given(self, instance: Instance) -> Mapping[str, Json]:
        return expressions(self._configuration.resource(instance))


def _named(key: str, attribute: str, encrypted: Json) -> SourceKey:
    """The key that something names, if it says that it is encrypted at all."""
    if not attribute or _is_true(encrypted):
        return SourceKey(key)
    return SourceKey(fault=f"it names a key, and its {attribute} is not true")


def _is_true(value: Json) -> bool:
    return value is True or value == "true"
