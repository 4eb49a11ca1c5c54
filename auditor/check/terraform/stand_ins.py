"""ARN, id and name of what a plan makes: AWS's own where they are known, else stand-ins.

A stand-in has the resource's address in it: no pattern names it, and two of them are never equal.
"""

from typing import Any, Final

from auditor.check.declared import Place
from auditor.check.shapes import as_object
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.places import Places
from auditor.check.terraform.types import (
    ACCOUNT,
    AIR_GAPPED,
    ALIAS,
    KEYS,
    MANAGED_POLICY,
    ORGANIZATION,
    ORGANIZATION_POLICY,
    PLAN,
    ROLE,
    UNIT,
    VAULT,
    type_of,
)

Json = Any

#: Attributes of an organization: the id of its root, and of its management account.
ROOT_ID: Final = "roots[0].id"
MANAGEMENT: Final = "master_account_id"
#: Types whose name is their id.
_VAULTS: Final = (VAULT, AIR_GAPPED)


class StandIns:
    """The identities of one plan's instances."""

    def __init__(self, places: Places, mark: str) -> None:
        self._places = places
        self._mark = f"{mark} " if mark else ""

    def of(self, instance: Instance, attribute: str) -> str | None:
        """The `arn`, `id` or `name` of an instance; None for anything else, or of no known form."""
        if attribute == "arn":
            return self.arn(instance)
        if attribute == "id" and instance.type in (PLAN, ORGANIZATION_POLICY, UNIT, ACCOUNT):
            return self.plan_id(instance)
        if instance.type == ROLE and attribute in ("id", "name"):
            return self.role_name(instance)
        if instance.type in KEYS and attribute in ("id", "key_id"):
            return self.identifier(instance)[0]
        if instance.type in _VAULTS and attribute in ("id", "name"):
            return self.vault_name(instance)
        return self._other(instance, attribute)

    def arn(self, instance: Instance) -> str | None:
        """Its ARN: the known one, or made of what is known."""
        known = instance.value("arn")
        if isinstance(known, str) and known.startswith("arn:"):
            return known
        place, row = self._places.of(instance), type_of(instance.type, instance.values)
        if row is None:
            return self._of_no_row(instance, place)
        form = row.arn_form()
        identifier, _ = self.identifier(instance)
        if identifier.startswith("arn:"):
            return identifier
        before, _, last = form.rpartition("{id}")
        parents = {
            "database": instance.value("database_name"),
            "gateway": _last(instance.value("gateway_arn")),
            "name": instance.value("name"),
            "file_system": instance.value("file_system_id"),
        }
        named = {
            key: text if isinstance(text, str) else self.unknown(instance) for key, text in parents.items()
        }
        return arn_of(place, before, **named) + identifier + last

    def _of_no_row(self, instance: Instance, place: Place) -> str | None:
        """The ARN of what is not backed up; None of a type that has none here."""
        if instance.type == PLAN:
            return arn_of(place, f"backup:{{region}}:{{account}}:backup-plan:{self.plan_id(instance)}")
        if instance.type in _VAULTS:
            return vault_arn(place, self.vault_name(instance))
        if instance.type in KEYS:
            return arn_of(place, f"kms:{{region}}:{{account}}:key/{self.identifier(instance)[0]}")
        if instance.type == ALIAS:
            return arn_of(place, f"kms:{{region}}:{{account}}:{self.role_name(instance)}")
        return self._of_iam(instance, place) if instance.type in (ROLE, MANAGED_POLICY) else None

    def identifier(self, instance: Instance) -> tuple[str, str]:
        """The part of its ARN that names it, and the part of that which is not known, "" where all is."""
        row = type_of(instance.type, instance.values)
        known = instance.value(row.identifier if row else "id")
        if isinstance(known, str) and known:
            return known, ""
        start = instance.value(row.prefix) if row and row.prefix else None
        unknown = self.unknown(instance)
        return (start if isinstance(start, str) else "") + unknown, unknown

    def plan_id(self, instance: Instance) -> str:
        """The id of a backup plan, or of a policy, organizational unit or account."""
        known = instance.value("id")
        return known if isinstance(known, str) and known else self.unknown(instance)

    def _other(self, instance: Instance, attribute: str) -> str | None:
        """The id or name of what is backed up, or of a part of an organization."""
        if instance.type == ORGANIZATION:
            return self._of_organization(instance, attribute)
        row = type_of(instance.type, instance.values)
        known = row is not None and attribute in ("id", row.identifier)
        return self.identifier(instance)[0] if known else None

    def _of_organization(self, instance: Instance, attribute: str) -> str | None:
        """The id of its one root, or of its management account."""
        if attribute in (ROOT_ID, "roots"):
            roots = instance.value("roots")
            known = as_object(roots[0]).get("id") if isinstance(roots, list) and roots else None
            return known if isinstance(known, str) and known else self.unknown(instance)
        if attribute == MANAGEMENT:
            known = instance.value(attribute)
            return known if isinstance(known, str) and known else f"{self.unknown(instance)}.{attribute}"
        return None

    def vault_name(self, instance: Instance) -> str:
        """The name of a vault."""
        known = instance.value("name")
        return known if isinstance(known, str) and known else self.unknown(instance)

    def role_name(self, instance: Instance) -> str:
        """The name of a role."""
        known = instance.value("name")
        return known if isinstance(known, str) and known else self.unknown(instance)

    def _of_iam(self, instance: Instance, place: Place) -> str:
        """The ARN of a role or policy, which has no Region."""
        kind, path = "role" if instance.type == ROLE else "policy", instance.value("path")
        before = path if isinstance(path, str) and path.startswith("/") else "/"
        return f"arn:{place.partition}:iam::{place.account_id}:{kind}{before}{self.role_name(instance)}"

    def unknown(self, instance: Instance, part: str = "") -> str:
        """What stands in for whatever of it, or of a part of it, is not known."""
        of_part = f" {part}" if part else ""
        return f"(known after apply: {self._mark}{instance.address}{of_part})"


def vault_arn(place: Place, name: str) -> str:
    """The ARN of a vault by its name (aws-backup.md 4.11)."""
    return f"arn:{place.partition}:backup:{place.region}:{place.account_id}:backup-vault:{name}"


def arn_of(place: Place, form: str, **parts: str) -> str:
    """The ARN of a form such as `ec2:{region}:{account}:volume/{id}` in a place, of its other parts."""
    found = form
    for key, text in {"region": place.region, "account": place.account_id, **parts}.items():
        found = found.replace(f"{{{key}}}", text)
    return f"arn:{place.partition}:{found}"


def _last(arn: Json) -> Json:
    return arn.rpartition("/")[2] if isinstance(arn, str) and arn is not UNKNOWN else arn
