"""Continuous backups of RDS instances and Aurora clusters: the automated backups of RDS itself.

A continuous recovery point stands for the automated backups of one database. A job sets their retention; RDS
takes them, keeps them and restores from them (AWS Backup's guide, "Continuous backups and point-in-time
recovery"). Nothing else about a database is changed: its backup window stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from auditor.executor.drivers.db_snapshots import DbSnapshotDriver
from auditor.executor.drivers.rds import AuroraDriver, RdsDriver
from auditor.executor.seam.calls import GIBIBYTE, call, flag, name_of, pages, whole
from auditor.executor.seam.continuous import LOOK_MS, LaterError, continuous_arn, is_continuous
from auditor.executor.seam.driver import DriverError, NativeBackup, Place
from auditor.executor.store.objects import prefix_of
from auditor.model.organization import Resource

_RETENTION: Final = "BackupRetentionPeriod"


@dataclass(frozen=True, slots=True)
class _Words:
    """What RDS calls things: the id that a database keeps for life, and parameters of a restore to a time.

    `least_days` is the least retention: only an instance's automated backups can be turned off.
    """

    resource_id: str
    source: str
    source_id: str
    target: str
    time: str
    taken: tuple[str, ...]
    least_days: int


class _Continuous(DbSnapshotDriver):
    """What instances and clusters have in common. Snapshots are as they were."""

    copies_continuous = False
    keeps_released = False
    look_ms: int | None = LOOK_MS
    _pitr: ClassVar[_Words]

    def start(
        self,
        resource: Resource,
        *,
        days: int,
        **_key_and_token: str | None,
    ) -> NativeBackup:
        """Set the retention of the automated backups, which have their source's key; twice is once.

        To turn them on is an outage, so RDS is asked to do that in the next maintenance window; raises
        `LaterError` until then.
        """
        place, name = (resource.account_id, resource.region), name_of(resource.arn)
        database = self._keep(name, place, days)
        if not database[_RETENTION]:
            message = f"Automated backups of {name} begin in its next maintenance window."
            raise LaterError(message)
        partition = self._clients("rds", *place).meta.partition
        encrypted = bool(database.get("StorageEncrypted"))
        return NativeBackup(
            continuous_arn(partition, *place, database[self._pitr.resource_id]),
            int(database.get("AllocatedStorage") or 0) * GIBIBYTE,
            encrypted,
            database.get("KmsKeyId") if encrypted else None,
        )

    def renew(self, arn: str, resource: Resource, days: int) -> NativeBackup | None:
        """The same automated backups, with another retention where it differs."""
        del arn
        return self.start(resource, vault_key_arn=None, token="", days=days)

    def refresh(self, arn: str, account_id: str, region: str) -> None:
        """RDS takes its backups by itself, unless somebody has turned that off."""
        if not self._database(arn, (account_id, region))[_RETENTION]:
            raise DriverError(f"The automated backups of {arn} were turned off.", "FEATURE_NOT_ENABLED")

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Turn automated backups off in the next maintenance window; those of a cluster stay for a day."""
        if not is_continuous(arn):
            super().delete(arn, account_id, region)
            return
        place = (account_id, region)
        for database in self._found(arn, place):
            self._keep(database[self._words.source], place, self._pitr.least_days)

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Automated backups are complete while they are on."""
        if not is_continuous(arn):
            return super().settled(arn, account_id, region)
        self.refresh(arn, account_id, region)
        return True

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """Engine, port and name of the database, and the times that it can be restored to."""
        if not is_continuous(arn):
            return super().restore_metadata(arn, account_id, region)
        place = (account_id, region)
        database = self._database(arn, place)
        keys = (self._words.source, "Engine", "EngineVersion", "Port", "AvailabilityZone")
        times = {"EarliestRestorableTime": self._earliest(database, place)}
        times["LatestRestorableTime"] = database.get("LatestRestorableTime")
        return {key: str(database[key]) for key in keys if database.get(key)} | {
            name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in times.items() if time is not None
        }

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """RestoreDBInstanceToPointInTime or RestoreDBClusterToPointInTime, marked as made under `token`.

        RestoreTime, or UseLatestRestorableTime "true". A database that is gone is restored from the automated
        backups that it has left, where it has.
        """
        if not is_continuous(arn):
            return super().restore(arn, place=place, metadata=metadata, token=token, tags=tags)
        words, pitr = self._words, self._pitr
        params: dict[str, Any] = {key: metadata[key] for key in pitr.taken if key in metadata}
        if "Port" in metadata:
            params["Port"] = whole(metadata, "Port")
        source = next(iter(self._found(arn, place)), None)
        params |= {pitr.source_id: prefix_of(arn)} if source is None else {pitr.source: source[words.source]}
        params |= {pitr.target: metadata[words.source], **self._time(metadata)}
        operation = f"restore_{words.source_noun}_to_point_in_time"
        return self._restore_once(operation, params, metadata[words.source], place, token, tags)

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """Give a new name, and the latest restorable time."""
        found = super().infer(arn, place, token)
        return found | {"UseLatestRestorableTime": "true"} if is_continuous(arn) else found

    def _time(self, metadata: Mapping[str, str]) -> dict[str, Any]:
        if flag(metadata, "UseLatestRestorableTime"):
            if "RestoreTime" in metadata:
                message = "RestoreTime cannot be given with UseLatestRestorableTime true."
                raise DriverError(message, "INVALID_STATE")
            return {"UseLatestRestorableTime": True}
        try:
            return {self._pitr.time: datetime.fromisoformat(metadata.get("RestoreTime", ""))}
        except ValueError:
            message = "RestoreTime, as 2021-11-27T03:30:27Z, or UseLatestRestorableTime true is required."
            raise DriverError(message, "INVALID_STATE") from None

    def _keep(self, name: str, place: Place, days: int) -> dict[str, Any]:
        """Have the automated backups of a database kept for `days`; gives the database as it is then."""
        client, words = self._clients("rds", *place), self._words
        kind = words.source.removesuffix("Identifier")
        (database,) = call(client, f"describe_{words.source_noun}s", **{words.source: name})[f"{kind}s"]
        waiting = database.get("PendingModifiedValues", {}).get(_RETENTION, database[_RETENTION])
        if waiting == days:
            return dict(database)
        params = {words.source: name, _RETENTION: days}
        params["ApplyImmediately"] = bool(days and database[_RETENTION])
        return dict(call(client, f"modify_{words.source_noun}", **params)[kind])

    def _found(self, arn: str, place: Place) -> list[dict[str, Any]]:
        """The database of a continuous recovery point, unless it is gone."""
        client, words = self._clients("rds", *place), self._words
        kind = words.source.removesuffix("Identifier")
        found = pages(client, f"describe_{words.source_noun}s", f"{kind}s")
        return [item for item in found if item[self._pitr.resource_id] == prefix_of(arn)]

    def _database(self, arn: str, place: Place) -> dict[str, Any]:
        found = self._found(arn, place)
        if not found:
            raise DriverError(f"The database of {arn} does not exist.", "RESOURCE_NOT_FOUND")
        return found[0]

    def _earliest(self, database: Mapping[str, Any], place: Place) -> datetime | None:
        """Give the first restorable time."""
        del place
        earliest: datetime | None = database.get("EarliestRestorableTime")
        return earliest


class ContinuousRdsDriver(_Continuous, RdsDriver):
    """RDS instances, with their automated backups."""

    _pitr = _Words(
        "DbiResourceId",
        "SourceDBInstanceIdentifier",
        "SourceDbiResourceId",
        "TargetDBInstanceIdentifier",
        "RestoreTime",
        ("DBInstanceClass", "DBSubnetGroupName", "AvailabilityZone", "StorageType"),
        0,
    )

    def _earliest(self, database: Mapping[str, Any], place: Place) -> datetime | None:
        """RDS tells the first restorable time with the automated backups of an instance."""
        client, name = self._clients("rds", *place), database["DBInstanceIdentifier"]
        found = call(client, "describe_db_instance_automated_backups", DBInstanceIdentifier=name)
        windows = [backup.get("RestoreWindow", {}) for backup in found["DBInstanceAutomatedBackups"]]
        return min((w["EarliestTime"] for w in windows if w.get("EarliestTime")), default=None)


class ContinuousAuroraDriver(_Continuous, AuroraDriver):
    """Aurora clusters, with their automated backups."""

    _pitr = _Words(
        "DbClusterResourceId",
        "SourceDBClusterIdentifier",
        "SourceDbClusterResourceId",
        "DBClusterIdentifier",
        "RestoreToTime",
        ("DBSubnetGroupName", "KmsKeyId"),
        1,
    )
