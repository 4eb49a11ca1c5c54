"""A file system of EFS that is mounted, and what a restore of it must bring back."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.executor.seam.driver import NativeBackup
from auditor.model.organization import Resource

Clients = Callable[[str, str, str], Any]

ACCOUNT, OTHER_ACCOUNT, REGION, OTHER = "123456789012", "444455556666", "eu-west-1", "eu-central-1"
HERE, THERE = (ACCOUNT, REGION), (OTHER_ACCOUNT, OTHER)
TAGS = {"backup-tier": "gold"}


def token(number: int) -> str:
    """A job's id."""
    return f"0A1B2C3D-0000-4000-8000-{number:012d}"


@dataclass
class World:
    """A file system that is mounted on `root`."""

    driver: Any
    clients: Clients
    resource: Resource
    root: Path
    file_system: str

    def back_up(self, number: int, key: str | None = None) -> NativeBackup:
        """A backup under a token."""
        made: NativeBackup = self.driver.back_up(
            self.resource, vault_key_arn=key, token=token(number), tags=TAGS
        )
        return made

    def restore(self, backup: NativeBackup, number: int, place: Any = HERE, **metadata: str) -> Path:
        """Where the backup is restored to."""
        metadata["file-system-id"] = self.file_system
        arn = self.driver.restore(backup.arn, place=place, metadata=metadata, token=token(number), tags={})
        assert arn.rsplit("/", 1)[1] == self.file_system
        (found,) = self.root.rglob(f"aws-backup-restore_*_{token(number).lower()}")
        return found

    def stored(self, place: Any = HERE) -> set[str]:
        """Every key in the store."""
        s3, bucket = self.clients("s3", *place), f"backup-{place[0]}-{place[1]}"
        return {item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}


def picture(root: Path) -> dict[str, tuple[Any, ...]]:
    """Everything below a directory that a restore must bring back."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content: Any = None
        if path.is_symlink():
            content = path.readlink()
        elif path.is_file():
            content = path.read_bytes()
        mode = None if path.is_symlink() else stat.S_IMODE(status.st_mode)
        about = (status.st_mtime_ns, mode, status.st_uid, status.st_gid)
        found[os.fsdecode(path.relative_to(root))] = (content, about)
    return found
