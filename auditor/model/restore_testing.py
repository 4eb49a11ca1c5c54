"""Where AWS Backup has restore testing (aws-backup.md 1.3)."""

from typing import Final

#: Restores, and their jobs, are there, and nothing that starts or validates them.
_WITHOUT: Final = ("aws-cn", "aws-us-gov")


def offers_restore_testing(partition: str) -> bool:
    """Whether a partition has it."""
    return partition not in _WITHOUT
