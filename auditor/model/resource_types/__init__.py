"""Every resource type of AWS Backup, one row each: the one place where a type is declared.

Everything else follows from the rows: the collector with its IAM actions, what facts say of a type's age and
continuous backups, and the sandbox's resources. `make docs` writes the IAM policy, the parameters, the
schemas and the pages from them. How to add a type: docs/contributing/resource-type.md.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from auditor.model.resource_types.databases import DATABASES
from auditor.model.resource_types.machines import MACHINES
from auditor.model.resource_types.row import ListingCall, ResourceType
from auditor.model.resource_types.storage import STORAGE

TYPES: Final[Mapping[str, ResourceType]] = MappingProxyType(
    {row.name: row for row in (*MACHINES, *DATABASES, *STORAGE)}
)

#: The types that this release reads, in the order of their rows.
READ: Final = tuple(row for row in TYPES.values() if row.listings)

#: Their names, sorted.
RESOURCE_TYPES: Final = tuple(sorted(row.name for row in READ))


#: Types by the words of the Resource Groups Tagging API, of which each stands for one form of ARNs.
#: Source: "Services that support the Resource Groups Tagging API".
TAGGED_AS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "cloudformation:stack": ("CloudFormation",),
        "dynamodb:table": ("DynamoDB",),
        "ec2:instance": ("EC2",),
        "ec2:volume": ("EBS",),
        "elasticfilesystem:file-system": ("EFS",),
        "fsx:file-system": ("FSx",),
        "fsx:volume": ("FSx",),
        "rds:cluster": ("Aurora", "DocumentDB", "Neptune", "RDS"),
        "rds:db": ("RDS",),
        "redshift:cluster": ("Redshift",),
        "s3": ("S3",),
    }
)


def _listings() -> Iterator[ListingCall]:
    seen: list[ListingCall] = []
    for row in READ:
        for listing in row.listings:
            if listing not in seen:
                seen.append(listing)
                yield listing


#: How they are listed, each call once.
LISTINGS: Final = tuple(_listings())


def offered_listings(named: Collection[str]) -> list[ListingCall]:
    """The calls that list what there can be where AWS Backup's settings of the Region name these types."""
    offered = [row for row in READ if row.offered(named)]
    return [listing for listing in LISTINGS if any(listing in row.listings for row in offered)]


def type_of_arn(arn: str) -> str | None:
    """The name of the type that an ARN belongs to, or lies below; None where no type has that form.

    Where several types write their ARNs alike, it is the one whose own form this is, else the first of them.
    """
    return next((name for pattern, name in _patterns() if pattern.fullmatch(arn)), None)


def types_of_arn(arn: str) -> frozenset[str]:
    """The names of all types whose ARNs have that form, or below which it lies; none where no type has it."""
    return frozenset(name for pattern, name in _patterns() if pattern.fullmatch(arn))


def may_be_left_out(kind: str, arn: str) -> bool:
    """Whether the resource may be there although its type is listed and it is not (`left_out`)."""
    left_out = TYPES[kind].left_out if kind in TYPES else ""
    return bool(left_out) and left_out in arn


def tagged_as(arn: str) -> str:
    """The word of `TAGGED_AS` for the type of an ARN: its service, and what its resource begins with."""
    service, resource = arn.split(":", 5)[2::3]
    word = f"{service}:{resource.replace('/', ':').partition(':')[0]}"
    return word if word in TAGGED_AS else service


@cache
def alike() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """The forms of ARNs, "*" for what differs, by the types that have them.

    Types that share a form are together. Both are sorted, and the forms stand behind the partition.
    """
    found: list[tuple[set[str], set[str]]] = []
    for row in TYPES.values():
        forms = {re.sub(r"\{\w+\}", "*", form) for form in row.arns}
        near = [one for one in found if one[1] & forms]
        found = [one for one in found if one not in near]
        found.append(({row.name}.union(*(one[0] for one in near)), forms.union(*(one[1] for one in near))))
    return {tuple(sorted(types)): tuple(sorted(forms)) for types, forms in found}


def words_by_service() -> dict[str, list[str]]:
    """The words in ARNs that name no resource (such as `volume`), by service."""
    words: dict[str, list[str]] = {}
    for row in TYPES.values():
        if row.common_words:
            words.setdefault(row.arns[0].partition(":")[0], []).extend(row.common_words)
    return words


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    forms = [(number, form, row.name) for row in TYPES.values() for number, form in enumerate(row.arns)]
    return [(_pattern(form), name) for _, form, name in sorted(forms, key=lambda form: form[0])]


def _pattern(form: str) -> re.Pattern[str]:
    before, _, after = re.sub(r"\{\w+\}", "\n", form).rpartition("\n")
    fields = re.escape(before).replace("\\\n", "[^:/]*")
    return re.compile(f"arn:[^:]+:{fields}.*{re.escape(after)}")
