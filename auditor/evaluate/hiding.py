"""Which gaps may hide resources of a type: that they are in no inventory may be their fault."""

from typing import Final

from auditor.model.resource_types import LISTINGS, TYPES
from auditor.model.verdicts import Gap

_LISTING: Final = frozenset((listing.service, listing.operation) for listing in LISTINGS)
_TAGS: Final = ("resourcegroupstaggingapi", "GetResources")


def hides(gap: Gap, kind: str | None) -> bool:
    """Whether a gap in resources may hide one of that type; of no type every gap may.

    That tags were not read hides none, nor does a call that lists other types.
    """
    call, row = (gap.service, gap.operation), TYPES.get(kind or "")
    if row is None or call in {(listing.service, listing.operation) for listing in row.listings}:
        return True
    return call not in _LISTING and call != _TAGS
