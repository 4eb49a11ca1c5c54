"""EFS file systems: their files in the store.

EFS has no backups that anyone but AWS Backup could make, so its files are read where the file system is
mounted. Every file is read each time, and only chunks that the last recovery point lacks are stored.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson

from auditor.executor.drivers.file_tree import DirectoryReader, check_items, chosen, write_tree
from auditor.executor.drivers.restores import UntaggedRestorer
from auditor.executor.drivers.stored import ReadAtOnce, StoredDriver, not_stored
from auditor.executor.seam.calls import flag, name_of, pages, tag_map
from auditor.executor.seam.driver import Clients, DriverError, NativeBackup, Place
from auditor.executor.store.file_points import FilePoints
from auditor.executor.store.layout import StoredPoint, content_of
from auditor.executor.store.objects import Store, recovery_point_arn, stored_backup, token_of_point
from auditor.model.organization import Resource

_GONE: Final = frozenset({"deleting", "deleted"})


class EfsDriver(StoredDriver, UntaggedRestorer, ReadAtOnce):
    """Backs up file systems that are mounted here: `mounts` has their paths by file-system id."""

    resource_type = "EFS"
    required_metadata = ("file-system-id",)

    def __init__(
        self, clients: Clients, store: Store, clock: Callable[[], datetime], mounts: Mapping[str, Path]
    ) -> None:
        self._points = FilePoints(store, clock)
        super().__init__(clients, store, self._points)
        self._clock = clock
        self._mounts = mounts

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """List every file system, mounted or not."""
        client = self._clients("efs", account_id, region)
        return [
            Resource(
                found["FileSystemArn"],
                account_id,
                region,
                self.resource_type,
                found.get("Name", ""),
                found["CreationTime"],
                tag_map(found.get("Tags")),
            )
            for found in pages(client, "describe_file_systems", "FileSystems")
            if found["LifeCycleState"] not in _GONE
        ]

    def _take_in(self, place: Place, resource: Resource, key: str | None, token: str, /) -> NativeBackup:
        """Read every file."""
        name = token.lower()
        file_system = name_of(resource.arn)
        root = self._mounted(file_system)
        arn = recovery_point_arn(self._clients("s3", *place), place, name)
        backup = stored_backup(arn, 0, key)
        with self._points.attempting(place, name, file_system, backup) as point:
            made = self._read(place, point, root)
        self._points.sweep(place, point)
        return made

    def _read(self, place: Place, point: StoredPoint, root: Path) -> NativeBackup:
        """Make the recovery point of `point` of what is below `root`."""
        key = point.claim.kms_key
        chunks = self._points.chunks(
            place, point, lambda name, body: self._points.take_in(place, name, body, key)
        )
        reading = DirectoryReader(root, chunks.keep)
        try:
            size = self._points.write_tree(place, point, reading.entries())
        except OSError as error:
            raise DriverError(f"{root} cannot be read: {error.strerror}.", "ACCESS_DENIED") from error
        message, category = "", "SUCCESS"
        if reading.failures:
            message = f"{len(reading.failures)} files were not backed up. {reading.failures[0]}"
            category = "ACCESS_DENIED"
        return self._points.publish(place, point, chunks, size=size, message=message, category=category)

    def _copy(
        self, backup: NativeBackup, source: Place, destination: Place, key: str | None, token: str, /
    ) -> NativeBackup:
        """Copy the chunks that the destination's last recovery point lacks."""
        original, name = self._point(backup.arn, source), token.lower()
        arn = recovery_point_arn(self._clients("s3", *destination), destination, name)
        issues = {"message": backup.message, "category": backup.category}
        started = stored_backup(arn, 0, key)
        with self._points.attempting(destination, name, original.bucket, started) as point:
            chunks = self._points.copy(source, original, destination, point)
            made = self._points.publish(destination, point, chunks, size=backup.size_bytes, **issues)
        self._points.sweep(destination, point)
        return made

    def archive(self, arn: str, account_id: str, region: str) -> None:
        """Move the chunks that this recovery point was the first to store; later ones may refer to them."""
        place = (account_id, region)
        point = self._point(arn, place)
        self._store.archive(place, content_of(point.group, point.edition), kms_key=point.claim.kms_key)

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """Tell the file system."""
        return {"file-system-id": self._point(arn, (account_id, region)).bucket, "newFileSystem": "false"}

    def _restore(self, arn: str, place: Place, metadata: Mapping[str, str], token: str, /) -> str:
        """Write the files, or those of ItemsToRestore, below `aws-backup-restore_<time>_<token>`.

        That directory is made at the root of the file system or below `directory`, which this executor takes
        in addition; asked again, the one of `token` is written on.
        """
        if flag(metadata, "newFileSystem"):
            message = "A new file system is not mounted here: restore into one that is."
            raise DriverError(message, "FEATURE_NOT_ENABLED")
        point, file_system = self._point(arn, place), metadata["file-system-id"]
        root = _inside(self._mounted(file_system, empty=True), metadata.get("directory", ""))
        items = _items(metadata)
        check_items(items or (), self._points.tree(place, point))
        wanted, fetch = chosen(items, self._points.tree(place, point)), self._points.fetching(place, point)
        try:
            write_tree(self._directory(root, token), wanted, fetch)
        except OSError as error:
            raise DriverError(f"{root} cannot be written: {error.strerror}.", "ACCESS_DENIED") from error
        partition = self._clients("s3", *place).meta.partition
        return f"arn:{partition}:elasticfilesystem:{place[1]}:{place[0]}:file-system/{file_system}"

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """Refuse: a test is restored into a resource of its own."""
        del place, token
        message = f"{arn} cannot be restored as a test: no new file system is mounted here."
        raise DriverError(message, "FEATURE_NOT_ENABLED")

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """Refuse: what was restored lies in a file system that was there before."""
        del account_id, region
        raise DriverError(f"{arn} was there before the restore: it is not deleted.", "INVALID_STATE")

    def _mounted(self, file_system: str, *, empty: bool = False) -> Path:
        """Where a file system is mounted. An empty directory is a path on which nothing is mounted."""
        path = self._mounts.get(file_system)
        if path is None:
            message = f"File system {file_system} is not mounted here: tell the executor its path."
            raise DriverError(message, "FEATURE_NOT_ENABLED")
        if not path.is_dir() or not (empty or any(path.iterdir())):
            message = f"Nothing is mounted on {path}, the path of file system {file_system}."
            raise DriverError(message, "FEATURE_NOT_ENABLED")
        return path

    def _directory(self, root: Path, token: str) -> Path:
        """The directory of the restore under `token`, made where it is not there yet."""
        root.mkdir(parents=True, exist_ok=True)
        for found in root.glob(f"aws-backup-restore_*_{token.lower()}"):
            return found
        made = root / f"aws-backup-restore_{self._clock():%Y-%m-%dT%H-%M-%SZ}_{token.lower()}"
        made.mkdir()
        return made

    def _point(self, arn: str, place: Place) -> StoredPoint:
        point = self._points.find(place, token_of_point(arn))
        if point is None:
            raise not_stored(arn)
        return point


def _inside(root: Path, directory: str) -> Path:
    """A directory of the file system; raises `DriverError` for one that lies elsewhere."""
    path = (root / directory.lstrip("/")).resolve()
    if not path.is_relative_to(root.resolve()):
        raise DriverError(f"{directory} is not in the file system.", "INVALID_STATE")
    return path


def _items(metadata: Mapping[str, str]) -> list[str] | None:
    """The paths that ItemsToRestore, a JSON list, names; None without it, which is everything."""
    if "ItemsToRestore" not in metadata:
        return None
    try:
        found = orjson.loads(metadata["ItemsToRestore"])
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, list):
        raise DriverError("ItemsToRestore must be a JSON list of paths.", "INVALID_STATE")
    return [str(item).strip("/") for item in found]
