"""In which account and Region something is by its own ARN, or by that of what it belongs to.

What is deleted, or only forgotten, may have no configuration any more, and its provider with it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from auditor.check.declared import Place
from auditor.check.terraform.instances import Instance
from auditor.check.terraform.places import Places
from auditor.check.terraform.types import PLAN
from auditor.model.arn import place_of

#: The attributes that hold an ARN with the place in it.
_ARNS: Final = ("arn", "backup_vault_arn")


class Located:
    """The places of one plan's instances, after and before the change."""

    def __init__(self, places: Places, instances: Iterable[Instance]) -> None:
        self._places = places
        self._plans = {
            plan_id: arn
            for one in instances
            if one.type == PLAN
            for values in (one.before, one.values)
            if isinstance(plan_id := values.get("id"), str) and isinstance(arn := values.get("arn"), str)
        }

    def of(self, instance: Instance) -> Place:
        """The place of an instance after the change."""
        return self._place(instance, instance.values)

    def before(self, instance: Instance) -> Place:
        """The place of an instance before the change."""
        return self._place(instance, instance.before)

    def _place(self, instance: Instance, values: Mapping[str, Any]) -> Place:
        place = self._places.of(instance)
        plan_id = values.get("plan_id")
        plan = self._plans.get(plan_id) if isinstance(plan_id, str) else None
        found = (place_of(text) for text in (*map(values.get, _ARNS), plan) if isinstance(text, str))
        account, region = next(found, ("", ""))
        own = values.get("region")
        region = own if isinstance(own, str) and own else region
        return Place.of(account or place.account_id, region or place.region)
