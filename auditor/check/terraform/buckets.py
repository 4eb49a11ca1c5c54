"""The versioning of buckets in a plan of Terraform.

What is deleted of `aws_s3_bucket_versioning` leaves the versioning suspended. Source: the provider's pages of
`aws_s3_bucket` and `aws_s3_bucket_versioning`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.check.declared import Declaration
from auditor.check.declared_subjects import Versioning
from auditor.check.shapes import as_list, as_object
from auditor.check.terraform.configuration import Configuration, expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.references import said
from auditor.check.terraform.subjects import TerraformSubjects

Json = Any

VERSIONING: Final = "aws_s3_bucket_versioning"
_BUCKET: Final = "aws_s3_bucket"
_BLOCK: Final = "versioning"
_STATUS: Final[Mapping[Json, str]] = {"Enabled": "enabled", "Suspended": "suspended", "Disabled": "off"}


def versionings(read: TerraformSubjects, missing: str) -> Iterator[Versioning]:
    """What the plan says of each bucket; `missing` says why it may lack something, "" where it does not."""
    configuration, references = read.configuration, read.references
    for one in read.instances:
        if one.type not in (_BUCKET, VERSIONING):
            continue
        where = Declaration(read.file, one.address)
        written = expressions(configuration.resource(one))
        name = references.value(one, "bucket", "bucket")
        if one.type == VERSIONING and "delete" in one.actions:
            yield from _left(one, name, where)
        if one.type == VERSIONING and not one.gone:
            status = _status(one.value("versioning_configuration"))
            hidden = said(written.get("versioning_configuration"))
            yield Versioning(
                name if isinstance(name, str) else "",
                status,
                where,
                "" if status else f"the status of {one.address} is known only after the apply ({hidden})",
                _status(one.before.get("versioning_configuration")),
            )
        elif one.type == _BUCKET and not one.gone:
            name, _ = read.stand_ins.identifier(one)
            yield _own(one, name, where, configuration, missing)


def _left(one: Instance, name: Json, where: Declaration) -> Iterator[Versioning]:
    """What a versioning that is deleted, or replaced by that of another bucket, leaves behind: suspended."""
    left, was = one.before.get("bucket"), _status(one.before.get("versioning_configuration"))
    if not isinstance(left, str) or was != "enabled":
        return
    if one.gone or (isinstance(name, str) and name != left):
        yield Versioning(left, "suspended", where, was=was)
    elif not isinstance(name, str):
        yield Versioning(left, "", where, f"the bucket of {one.address} is known only after the apply", was)


def _own(
    bucket: Instance, name: str, where: Declaration, configuration: Configuration, missing: str
) -> Versioning:
    """What a bucket says of itself: the provider reads it where the configuration leaves it out."""
    value, before = bucket.value(_BLOCK), bucket.before
    was = _enabled(before.get(_BLOCK)) if before else ""
    status, resource = _enabled(value), configuration.resource(bucket)
    fault = f"it is known only after the apply ({said(expressions(resource).get(_BLOCK))})"
    if value is UNKNOWN and resource and _BLOCK not in expressions(resource):
        dynamic = configuration.dynamic(bucket, _BLOCK)
        status = "" if dynamic else was or ("" if dynamic is None else "off")
        fault = f"the block {_BLOCK} of {bucket.address} is left out, or a dynamic one that is not known yet"
    return Versioning(name, status, where, "" if status else fault, was, own=True, missing=missing)


def _status(blocks: Json) -> str:
    """The status in the blocks of a versioning, "" where it is not known."""
    found = [] if blocks is UNKNOWN else as_list(blocks)
    status = as_object(found[0]).get("status") if found else None
    return _STATUS.get(status, "") if isinstance(status, str) else ""


def _enabled(blocks: Json) -> str:
    """The status in the blocks of a bucket, which only say whether it is enabled; "" for not known."""
    found = [] if blocks is UNKNOWN else as_list(blocks)
    if not found:
        return "" if blocks is UNKNOWN else "off"
    enabled = as_object(found[0]).get("enabled")
    return "" if enabled is UNKNOWN or UNKNOWN in found else "enabled" if enabled is True else "off"
