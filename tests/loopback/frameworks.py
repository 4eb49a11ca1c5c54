"""Frameworks of AWS Backup Audit Manager, as ListFrameworks answers them."""

from tests.loopback.standing import ACCOUNT, HOME, SINCE
from tests.loopback.world import Item


def framework(name: str = "daily", controls: int = 11) -> Item:
    """A framework with so many controls."""
    return {
        "FrameworkName": name,
        "FrameworkArn": f"arn:aws:backup:{HOME}:{ACCOUNT}:framework:{name}-1",
        "NumberOfControls": controls,
        "CreationTime": SINCE,
        "DeploymentStatus": "COMPLETED",
    }
