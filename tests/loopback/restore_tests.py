"""What AWS Backup answers about restore-testing plans and their selections."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.loopback.world import Item, Operation, Place, Refused


def plan(name: str, created: datetime, *selections: Item, **members: Any) -> Item:
    """A plan that is due each Monday at five."""
    return {
        "RestoreTestingPlanName": name,
        "RestoreTestingPlanArn": f"arn:aws:backup:eu-central-1:111122223333:restore-testing-plan:{name}",
        "CreationTime": created,
        "ScheduleExpression": "cron(0 5 ? * MON *)",
        "Selections": [
            {
                "RestoreTestingPlanName": name,
                "RestoreTestingSelectionName": f"choice_{number}",
                "IamRoleArn": "arn:aws:iam::111122223333:role/restore",
                "CreationTime": created,
                **one,
            }
            for number, one in enumerate(selections)
        ],
        **members,
    }


def _plans(place: Place, _given: Mapping[str, Any]) -> Item:
    own = place.here.restore_tests
    return {"RestoreTestingPlans": [{key: one[key] for key in one if key != "Selections"} for one in own]}


def _of(place: Place, given: Mapping[str, Any]) -> list[Item]:
    named = given["RestoreTestingPlanName"]
    found = [one for one in place.here.restore_tests if one["RestoreTestingPlanName"] == named]
    if not found:
        raise Refused("ResourceNotFoundException", "There is no such plan.")
    return list(found[0]["Selections"])


def _selections(place: Place, given: Mapping[str, Any]) -> Item:
    named = ("RestoreTestingPlanName", "RestoreTestingSelectionName", "IamRoleArn", "CreationTime",
             "ProtectedResourceType")  # fmt: skip
    return {"RestoreTestingSelections": [{key: one[key] for key in named} for one in _of(place, given)]}


def _selection(place: Place, given: Mapping[str, Any]) -> Item:
    for one in _of(place, given):
        if one["RestoreTestingSelectionName"] == given["RestoreTestingSelectionName"]:
            return {"RestoreTestingSelection": one}
    raise Refused("ResourceNotFoundException", "There is no such selection.")


#: By service and operation.
OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("backup", "ListRestoreTestingPlans"): _plans,
    ("backup", "ListRestoreTestingSelections"): _selections,
    ("backup", "GetRestoreTestingSelection"): _selection,
}
