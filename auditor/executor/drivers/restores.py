"""Restores of types whose tags are not copied."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from auditor.executor.seam.driver import Place


class UntaggedRestorer(ABC):
    """A driver that gives what it restores no tags of the source's (aws-backup.md 1.1 row 23)."""

    can_copy_tags = False

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """Restore the backup `arn` as `metadata` says; gives the new ARN. Raises `DriverError`."""
        del tags
        return self._restore(arn, place, metadata, token)

    @abstractmethod
    def _restore(self, arn: str, place: Place, metadata: Mapping[str, str], token: str, /) -> str:
        """Make the resource again, or restore its content."""
