"""The resources of accounts, listed once and kept for one run of the engine."""

from collections.abc import Sequence

from auditor.executor.services.base import Driver
from auditor.model.organization import Resource


class Inventory:
    """Lists resources through the drivers at the first question for an account, Region and type.

    Without one of their own, each call of `run_until` and `run_all` lists anew. A caller that knows when
    resources change may keep one over many calls and `forget` what has changed.
    """

    def __init__(self, drivers: Sequence[Driver]) -> None:
        self._drivers = {driver.resource_type: driver for driver in drivers}
        self._found: dict[tuple[str, str], dict[str, Resource]] = {}

    def resources(self, account_id: str, region: str) -> dict[str, Resource]:
        """Every resource of an account and Region by its ARN. Raises `DriverError`."""
        place = (account_id, region)
        if place not in self._found:
            listed = [r for driver in self._drivers.values() for r in driver.discover(account_id, region)]
            self._found[place] = {resource.arn: resource for resource in listed}
        return self._found[place]

    def forget(self, account_id: str | None = None, region: str | None = None) -> None:
        """List anew at the next question: everything, one account, or one account and Region."""
        self._found = {
            place: found
            for place, found in self._found.items()
            if account_id not in (None, place[0]) or region not in (None, place[1])
        }
