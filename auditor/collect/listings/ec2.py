"""Instances, which come in reservations.

An instance's LaunchTime is its last start. What was attached first (its primary network interface, its root
volume) tells when it was made: the earliest of all these times is the creation or shortly after it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.aws.items import member, name_tag, tags
from auditor.collect.collector import Scope

#: What passes from one to the other (pending, stopping) is neither.
_RUNNING: Final = {"running": True, "stopped": False}
_GONE: Final = frozenset({"shutting-down", "terminated"})


def rows(scope: Scope, reservation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the instances of a reservation that are not terminated."""
    for instance in reservation["Instances"]:
        state = member(member(instance, "State", dict), "Name")
        if state not in _GONE:
            yield {
                "arn": scope.arn("ec2", f"instance/{member(instance, 'InstanceId')}"),
                "resource_type": "EC2",
                "name": name_tag(instance, "Tags"),
                "created_at": _first_seen(instance),
                "tags": tags(instance, "Tags"),
                "running": _RUNNING.get(state),
            }


def _first_seen(instance: Mapping[str, Any]) -> float | None:
    times = [instance.get("LaunchTime")]
    times += [disk.get("Ebs", {}).get("AttachTime") for disk in instance.get("BlockDeviceMappings", ())]
    times += [card.get("Attachment", {}).get("AttachTime") for card in instance.get("NetworkInterfaces", ())]
    return min((time for time in times if time is not None), default=None)
