"""What the Resource Groups Tagging API tells, page by page: what has tags, or had some once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from auditor.aws.items import arn, member, tags
from auditor.collect.collector import Pages, Row, Scope

TAGGED_ACTIONS: Final = ("tag:GetResources",)


def tagged_pages(scope: Scope, kinds: Sequence[str], provides: tuple[str, ...]) -> Pages:
    """The pages about kinds of resources (such as "fsx:volume"), whose items `tagged` reads."""
    return scope.pages(
        "resourcegroupstaggingapi",
        "GetResources",
        "ResourceTagMappingList",
        provides=provides,
        ResourceTypeFilters=kinds,
        ResourcesPerPage=100,
    )


def tagged(mapping: Mapping[str, Any]) -> Iterator[Row]:
    """The ARN and the tags of an item."""
    member(mapping, "Tags", list)  # always there, be it empty
    yield {"arn": arn(mapping, "ResourceARN"), "tags": tags(mapping, "Tags")}
