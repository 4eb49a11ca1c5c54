"""Security Hub on loopback: what BatchImportFindings leaves, and GetFindings gives, by account and Region."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.loopback.world import Item, Organization, Refused
from tests.loopback.world import Place as Where

#: An account and a Region.
Place = tuple[str, str]
#: What a finding that is there keeps, whatever is sent.
_CUSTOMERS = ("Workflow", "Note")


@dataclass
class SecurityHub:
    """Findings by place and id. It is not enabled in the places `off`, and takes no id of `refused`."""

    findings: dict[Place, dict[str, Item]] = field(default_factory=lambda: defaultdict(dict))
    off: set[Place] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def serve(self, world: Organization) -> "SecurityHub":
        """Let the endpoint of `world` answer for it."""
        world.operations["securityhub", "GetFindings"] = self._get
        world.operations["securityhub", "BatchImportFindings"] = self._import
        return self

    def of(self, place: Place, state: str = "ACTIVE") -> set[str]:
        """The ids of the findings in a state."""
        return {name for name, one in self.findings[place].items() if one["RecordState"] == state}

    def _here(self, where: Where) -> dict[str, Item]:
        place = where.account.account_id, where.region
        if place in self.off:
            raise Refused("InvalidAccessException", f"{place[0]} is not subscribed", 401)
        return self.findings[place]

    def _get(self, where: Where, given: Mapping[str, Any]) -> Item:
        here = self._here(where).values()
        return {"Findings": [one for one in here if _meets(one, given.get("Filters", {}))]}

    def _import(self, where: Where, given: Mapping[str, Any]) -> Item:
        here, failed = self._here(where), []
        assert 1 <= len(given["Findings"]) <= 100
        for one in given["Findings"]:
            assert (one["AwsAccountId"], one["Region"]) == (where.account.account_id, where.region)
            there = here.get(one["Id"])
            if one["Id"] in self.refused:
                failed.append({"Id": one["Id"], "ErrorCode": "InvalidInput", "ErrorMessage": "too odd"})
            elif there is None or _updated(there) < _updated(one):
                kept = {name: there[name] for name in _CUSTOMERS if name in there} if there else {}
                fields = one["ProductFields"] | {"aws/securityhub/ProductName": "Default"}
                here[one["Id"]] = {"Workflow": {"Status": "NEW"}, **one, **kept, "ProductFields": fields}
        taken = len(given["Findings"]) - len(failed)
        return {"FailedCount": len(failed), "SuccessCount": taken, "FailedFindings": failed}


def _updated(finding: Item) -> datetime:
    return datetime.fromisoformat(finding["UpdatedAt"])


def _meets(finding: Item, filters: Mapping[str, Sequence[Mapping[str, str]]]) -> bool:
    """Whether a finding meets all filters, of each one value."""
    for name, values in filters.items():
        wanted = {(value.get("Key", ""), value["Value"]) for value in values}
        assert {value["Comparison"] for value in values} == {"EQUALS"}
        has = finding.get(name)
        found = set(has.items()) if isinstance(has, dict) else {("", has)}
        if wanted.isdisjoint(found):
            return False
    return True
