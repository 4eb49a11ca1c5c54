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
#: The Workflow of what was archived and is active again; any other is NEW.
_AGAIN = {"SUPPRESSED": "SUPPRESSED"}


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
        world.operations["securityhub", "BatchUpdateFindings"] = self._update
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
                assert there is None or not {*_CUSTOMERS}.intersection(one)
                kept = {name: there[name] for name in _CUSTOMERS if name in there} if there else {}
                if there and there["RecordState"] == "ARCHIVED" and one["RecordState"] == "ACTIVE":
                    kept["Workflow"] = {"Status": _AGAIN.get(there["Workflow"]["Status"], "NEW")}
                fields = one["ProductFields"] | {"aws/securityhub/ProductName": "Default"}
                here[one["Id"]] = {"Workflow": {"Status": "NEW"}, **one, **kept, "ProductFields": fields}
        taken = len(given["Findings"]) - len(failed)
        return {"FailedCount": len(failed), "SuccessCount": taken, "FailedFindings": failed}

    def _update(self, where: Where, given: Mapping[str, Any]) -> Item:
        here, done, left = self._here(where), [], []
        assert 1 <= len(given["FindingIdentifiers"]) <= 100
        for one in given["FindingIdentifiers"]:
            there = here.get(one["Id"])
            if there is None or there["ProductArn"] != one["ProductArn"]:
                left.append({"FindingIdentifier": one, "ErrorCode": "FindingNotFound"})
            else:
                there |= {name: given[name] for name in _CUSTOMERS if name in given}
                done.append(one)
        return {"ProcessedFindings": done, "UnprocessedFindings": left}


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
