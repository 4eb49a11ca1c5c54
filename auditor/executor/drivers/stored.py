"""Drivers whose recovery points the executor keeps itself, in the store."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Protocol

from auditor.executor.seam.driver import Clients, DriverError, NativeBackup, Place
from auditor.executor.store.object_locks import ObjectLocks
from auditor.executor.store.objects import Store, token_of_point
from auditor.model.organization import Resource


class PointStore(Protocol):
    """Recovery points of one kind in the store, by the tokens of their jobs in small letters."""

    def find_backup(self, place: Place, token: str) -> NativeBackup | None:
        """What was made whole under `token` and is not deleted."""

    def objects(self, place: Place, token: str) -> Iterable[str]:
        """The keys of what a recovery point needs besides its claim; raises `DriverError`."""

    def delete(self, place: Place, token: str) -> None:
        """Delete a recovery point, and what no other one needs; one that is gone already is a success."""

    def undo(self, place: Place, token: str) -> None:
        """Delete whatever was made under `token`, whole or in part."""


class StoredDriver(ABC):
    """What drivers of fully managed types share. The tags of their recovery points are in the database."""

    resource_type: str
    fully_managed = True
    can_copy = True

    def __init__(self, clients: Clients, store: Store, stored: PointStore) -> None:
        self._clients = clients
        self._store = store
        self._stored = stored
        self._locks = ObjectLocks(clients)

    def back_up(
        self, resource: Resource, *, vault_key_arn: str | None, token: str, tags: Mapping[str, str]
    ) -> NativeBackup:
        """Take the resource into the store; raises `DriverError`."""
        del tags
        return self._take_in((resource.account_id, resource.region), resource, vault_key_arn, token)

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,
        destination: Place,
        key: str | None,
        token: str,
        tags: Mapping[str, str],
    ) -> NativeBackup:
        """Store the same in another place; raises `DriverError`."""
        del tags
        return self._copy(backup, source, destination, key, token)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the recovery point, and what no other one needs."""
        self._stored.delete((account_id, region), token_of_point(arn))

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """What was stored whole under `token`."""
        return self._stored.find_backup((account_id, region), token.lower())

    def present(self, arns: Collection[str], account_id: str, region: str) -> set[str]:
        """Those recovery points of which the store has a folder."""
        return self._store.present(arns, (account_id, region))

    def lock(
        self, until: Mapping[str, datetime | None], account_id: str, region: str
    ) -> dict[str, str | None]:
        """S3 Object Lock of all that the recovery points need; of many objects some in each run."""
        place = (account_id, region)
        return self._locks.lock(place, until, partial(self._stored.objects, place))

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """A recovery point is complete when it is there: its document is written last."""
        if self._stored.find_backup((account_id, region), token_of_point(arn)) is None:
            raise not_stored(arn)
        return True

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Delete what is stored under `token`."""
        self._stored.undo((account_id, region), token.lower())

    @abstractmethod
    def _take_in(self, place: Place, resource: Resource, key: str | None, token: str, /) -> NativeBackup:
        """Make a recovery point of the resource under `key`."""

    @abstractmethod
    def _copy(
        self, backup: NativeBackup, source: Place, destination: Place, key: str | None, token: str, /
    ) -> NativeBackup:
        """Make a recovery point of another one under `key`."""


class ReadAtOnce:
    """What is cold lies in a storage class that is read at once."""

    def is_readable(self, arn: str, account_id: str, region: str) -> bool:
        """It is always readable: its storage class is read at once."""
        del arn, account_id, region
        return True


def not_stored(arn: str) -> DriverError:
    """The error of a recovery point that is not there, or not whole."""
    return DriverError(f"Recovery point {arn} is not stored whole.", "RESOURCE_NOT_FOUND")
