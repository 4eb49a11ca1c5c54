"""The resources of accounts, listed once and kept for one run of the engine."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from botocore.exceptions import ClientError

from auditor.executor.seam.driver import Driver, DriverError
from auditor.model.organization import Resource

#: How AWS names the action that it denies, such as redshift:DescribeClusters.
_ACTION: Final = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)")

_Listing = dict[str, Resource] | DriverError


class ListedResources:
    """Lists resources through the drivers at the first question for an account, Region and type.

    Without one of their own, each call of `run_until` and `run_all` lists anew. A caller that knows when
    resources change may keep one over many calls and `forget` what has changed.
    """

    def __init__(self, drivers: Sequence[Driver]) -> None:
        self._drivers = {driver.resource_type: driver for driver in drivers}
        self._found: dict[tuple[str, str, str], _Listing] = {}

    def resources(
        self, account_id: str, region: str, types: Iterable[str]
    ) -> tuple[dict[str, Resource], list[DriverError]]:
        """The resources of `types` by ARN, and why the types that are missing could not be listed."""
        found: dict[str, Resource] = {}
        failures = []
        for kind in types:
            listed = self._list(account_id, region, kind) if kind in self._drivers else {}
            if isinstance(listed, DriverError):
                failures.append(_not_listed(kind, listed))
            else:
                found |= listed
        return found, failures

    def find(self, account_id: str, region: str, resource_type: str, arn: str) -> Resource | None:
        """One resource, None where it is not there. Raises `DriverError`."""
        listed = self._list(account_id, region, resource_type)
        if isinstance(listed, DriverError):
            raise listed
        return listed.get(arn)

    def _list(self, account_id: str, region: str, resource_type: str) -> _Listing:
        key = (account_id, region, resource_type)
        if key not in self._found:
            try:
                listed = self._drivers[resource_type].discover(account_id, region)
                self._found[key] = {resource.arn: resource for resource in listed}
            except DriverError as error:
                self._found[key] = error
        return self._found[key]

    def forget(self, account_id: str | None = None, region: str | None = None) -> None:
        """List anew at the next question: everything, one account, or one account and Region."""
        self._found = {
            key: found
            for key, found in self._found.items()
            if account_id not in (None, key[0]) or region not in (None, key[1])
        }


def _not_listed(kind: str, error: DriverError) -> DriverError:
    """Why a type could not be listed; where AWS denies it, which action that is and what to do."""
    denied = error.__cause__
    if error.category != "ACCESS_DENIED" or not isinstance(denied, ClientError):
        return error
    named = _ACTION.search(error.message)
    message = (
        f"{kind} cannot be listed: {named[1] if named else denied.operation_name} is denied "
        f"({error.message.rstrip('.')}); grant it to the executor, or opt {kind} out with "
        "UpdateRegionSettings."
    )
    return DriverError(message, error.category, transient=error.transient)
