"""What the organization answers of legal holds: each has its selection and its recovery points with it."""

from collections.abc import Mapping
from typing import Any

from tests.loopback.world import Item, Place, Refused

_POINTS, _SELECTION = "RecoveryPoints", "RecoveryPointSelection"


def listed(place: Place, _given: Mapping[str, Any]) -> Item:
    """ListLegalHolds."""
    return {"LegalHolds": [_without(hold, _POINTS, _SELECTION) for hold in place.here.legal_holds]}


def one(place: Place, given: Mapping[str, Any]) -> Item:
    """GetLegalHold."""
    return _without(_found(place, given), _POINTS)


def points(place: Place, given: Mapping[str, Any]) -> Item:
    """ListRecoveryPointsByLegalHold."""
    return {_POINTS: _found(place, given)[_POINTS]}


def _found(place: Place, given: Mapping[str, Any]) -> Item:
    for hold in place.here.legal_holds:
        if hold["LegalHoldId"] == given["LegalHoldId"]:
            return hold
    raise Refused("ResourceNotFoundException", f"Legal hold {given['LegalHoldId']} was not found.")


def _without(hold: Item, *names: str) -> Item:
    return {key: value for key, value in hold.items() if key not in names}
