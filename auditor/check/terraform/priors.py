"""What a plan says of the state before it: the id or ARN that each thing had, what changes, what goes."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from auditor.check.declared import Declaration, Prior
from auditor.check.declared_changes import Removed
from auditor.check.terraform.instances import Instance
from auditor.check.terraform.located import Located
from auditor.check.terraform.stand_ins import StandIns, vault_arn
from auditor.check.terraform.types import (
    AIR_GAPPED,
    LOCK,
    PLAN,
    REPLICA,
    SELECTION,
    VAULT,
    VAULT_POLICY,
    type_of,
)

Json = Any

#: Actions with which nothing becomes of what is there.
_NOTHING: Final = ("no-op", "read", "forget")
_KINDS: Final = {
    PLAN: "plan",
    SELECTION: "selection",
    VAULT: "vault",
    AIR_GAPPED: "vault",
    LOCK: "lock",
    VAULT_POLICY: "policy",
    REPLICA: "resource",
}


class Priors:
    """What was before, of one plan's instances."""

    def __init__(self, located: Located, stand_ins: StandIns) -> None:
        self._located, self._stand_ins = located, stand_ins

    def of(self, instance: Instance) -> Prior:
        """What an instance was before the change; one that Terraform forgets for a new one stays as it is."""
        stays = "forget" in instance.actions and "create" in instance.actions
        key = "" if stays or not instance.before else self._key(instance)
        return Prior(key, changes=not set(instance.actions) <= {*_NOTHING})

    def removed(self, instances: Iterable[Instance], file: str) -> Iterator[Removed]:
        """Whatever the plan deletes, of what is looked at."""
        for one in instances:
            kind = _KINDS.get(one.type) or ("resource" if type_of(one.type, one.values) else "")
            if one.gone and kind:
                where = Declaration(file, one.address)
                yield Removed(self._located.before(one), kind, self._key(one), where)

    def _key(self, instance: Instance) -> str:
        before = instance.before
        if instance.type in (PLAN, SELECTION):
            return _text(before.get("id"))
        place = self._located.before(instance)
        if instance.type in (LOCK, VAULT_POLICY):
            name = _text(before.get("backup_vault_name"))
            return _text(before.get("backup_vault_arn")) or vault_arn(place, name)
        earlier = replace(instance, values=before, unknown={})
        return _text(before.get("arn")) or self._stand_ins.arn(earlier) or ""


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
