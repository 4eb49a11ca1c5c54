"""In which account and Region the resources of a plan are, by their provider.

A plan names the account only where something of it exists, or where the provider assumes a role. What it does
not name is taken from the caller's options, then from the ARNs that selections hold, and else is a
placeholder, which matches no ARN of a real account. A provider whose account or Region is written and not
known has placeholders of its own where there are other providers: it may be where these are, or not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any, Final

from auditor.check.declared import NO_ACCOUNT, NO_REGION, Assumed, Place
from auditor.check.shapes import as_object, objects
from auditor.check.terraform.configuration import Configuration, expressions, references
from auditor.check.terraform.instances import UNKNOWN, Instance, prior_resources
from auditor.check.terraform.types import SELECTION, type_of
from auditor.model.arn import place_of

Json = Any

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_REGION: Final = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+")
_BACKUP: Final = "aws_backup_"
#: What makes a provider use another account than the caller's.
_OTHER_ACCOUNT: Final = ("access_key", "assume_role", "assume_role_with_web_identity", "profile")


class Places:
    """The place of each instance of one plan; `assumed` has the caller's account and Region."""

    def __init__(
        self,
        document: Mapping[str, Json],
        configuration: Configuration,
        instances: Iterable[Instance],
        assumed: Assumed,
    ) -> None:
        self._configuration = configuration
        self._variables = as_object(document.get("variables"))
        self._assumed = assumed
        self._known: dict[str, tuple[str, str]] = {}
        instances = tuple(instances)
        for instance in instances:
            key = configuration.provider(instance)
            held = self._known.get(key, ("", ""))
            if not all(held):
                found = self._of_arn(instance)
                self._known[key] = (held[0] or found[0], held[1] or found[1])
        looked_at = {
            configuration.provider(one) for one in instances if one.type.startswith(_BACKUP) or _row(one)
        }
        self._several = len(looked_at) > 1
        selected = list(_in_selections(instances))
        self._account = (
            assumed.account or _one(part for part, _ in selected) or _caller(document) or NO_ACCOUNT
        )
        self._region = assumed.region or _one(part for _, part in selected) or NO_REGION
        self._places: dict[str, tuple[str, str]] = {}
        self._own = count()

    def of(self, instance: Instance) -> Place:
        """The place of an instance; a Region of its own (provider 6) comes before its provider's."""
        key = self._configuration.provider(instance)
        if key not in self._places:
            self._places[key] = self._provider(key)
        account, region = self._places[key]
        own = instance.value("region")
        written = own is UNKNOWN and "region" in expressions(self._configuration.resource(instance))
        if written and instance.address not in self._places:
            self._places[instance.address] = self._assumed.own_place(next(self._own))
        if written:
            region = self._places[instance.address][1]
        elif isinstance(own, str) and own:
            region = own
        return Place.of(account, region)

    def _provider(self, key: str) -> tuple[str, str]:
        found = expressions(as_object(self._configuration.providers.get(key)))
        account, region = self._known.get(key, ("", ""))
        said = [self._value(block.get("role_arn")) for block in objects(found.get("assume_role"))]
        roles = [place_of(text)[0] for text in said if isinstance(text, str)]
        allowed = self._value(found.get("allowed_account_ids"))
        allowed = allowed if isinstance(allowed, list) and len(allowed) == 1 else []
        stated = self._value(found.get("region"))
        account = next((text for text in (*roles, *map(str, allowed)) if _ACCOUNT.fullmatch(text)), account)
        # of an expression with a variable in it the plan has no text: its value may be a part of the Region
        region = stated if isinstance(stated, str) and _REGION.fullmatch(stated) else region
        own_account, own_region = self._assumed.own_place(next(self._own)) if self._several else ("", "")
        return (
            account
            or (own_account if any(name in found for name in _OTHER_ACCOUNT) else "")
            or self._account,
            region or (own_region if "region" in found else "") or self._region,
        )

    def _value(self, expression: Json) -> Json:
        """A constant, or the value of a variable of the root module."""
        found = as_object(expression)
        if "constant_value" in found:
            return found["constant_value"]
        names = references(found)
        if len(names) == 1 and names[0].startswith("var."):
            return as_object(self._variables.get(names[0].removeprefix("var."))).get("value")
        return None

    @staticmethod
    def _of_arn(instance: Instance) -> tuple[str, str]:
        """The account and Region of an ARN that is known; no Region of a resource that says its own."""
        arn = instance.value("arn")
        account, region = place_of(arn) if isinstance(arn, str) else ("", "")
        return account, "" if instance.values.get("region") else region


def _row(instance: Instance) -> bool:
    return type_of(instance.type, instance.values) is not None


def _in_selections(instances: Iterable[Instance]) -> Iterator[tuple[str, str]]:
    """The accounts and Regions that the selections of the plan name."""
    for instance in instances:
        if instance.type == SELECTION:
            for key in ("iam_role_arn", "resources", "not_resources"):
                value = instance.value(key)
                for text in value if isinstance(value, list) else [value]:
                    if isinstance(text, str) and text is not UNKNOWN:
                        yield place_of(text)


def _one(found: Iterable[str]) -> str:
    """The one account or Region that is named, "" where there are several or none."""
    named = {text for text in found if text and "*" not in text and "?" not in text}
    return named.pop() if len(named) == 1 else ""


def _caller(document: Mapping[str, Json]) -> str:
    """The account of `data.aws_caller_identity`, where the plan has read it, in whatever module."""
    found = (
        str(as_object(entry.get("values")).get("account_id") or "")
        for entry in prior_resources(document)
        if entry.get("type") == "aws_caller_identity"
    )
    return _one(found)
