"""Policies that a plan takes off roles otherwise than by an attachment of their own that it deletes.

A role in place, what one resource attaches to several, and the types that keep others off. Source: the
provider's pages of `aws_iam_role`, `aws_iam_policy_attachment` and of the exclusive types.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from auditor.check.shapes import as_list, objects
from auditor.check.terraform.configuration import Configuration, expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.located import Located
from auditor.check.terraform.types import (
    ATTACHMENT,
    INLINE_POLICY,
    ONLY_ATTACHED,
    ONLY_INLINE,
    ROLE,
    SHARED_ATTACHMENT,
)

Json = Any

_MANAGED: Final = "managed_policy_arns"
_INLINE: Final = "inline_policy"
#: By type, the attributes that hold the names of roles, and those with ARNs or names of their policies.
_HELD: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    ROLE: ("name", (_MANAGED, _INLINE)),
    ATTACHMENT: ("role", ("policy_arn",)),
    INLINE_POLICY: ("role", ("name",)),
    SHARED_ATTACHMENT: ("roles", ("policy_arn",)),
    ONLY_ATTACHED: ("role_name", ("policy_arns",)),
    ONLY_INLINE: ("role_name", ("policy_names",)),
}
#: Of which something may be taken off without their deletion.
_LESS: Final = (ROLE, SHARED_ATTACHMENT, ONLY_ATTACHED, ONLY_INLINE)
#: The name of a role, and the ARN or the name of a policy.
Pair = tuple[str, str]


class RolePolicies:
    """What is attached to which roles of one plan, before and after its change."""

    def __init__(self, instances: Sequence[Instance], places: Located, configuration: Configuration) -> None:
        self._places = places
        self._after: dict[tuple[str, Pair], tuple[str, bool]] = {}
        staying = [one for one in instances if one.type in _HELD and one.type != ONLY_INLINE and not one.gone]
        for one, key in [(each, key) for each in staying for key in _HELD[each.type][1]]:
            read = _read(one, key, configuration)
            for pair in _pairs(one, key, one.value) - (read if key == _MANAGED else set()):
                where, sure = (places.of(one).account_id, pair), pair not in read
                self._after[where] = (
                    (one.address, True) if sure else self._after.get(where, (one.address, False))
                )

    def taken_off(self, one: Instance) -> tuple[set[Pair], str]:
        """What an instance attached and no longer does, and why that is not known, in a clause."""
        if one.type not in _LESS or ("delete" in one.actions and one.type != SHARED_ATTACHMENT):
            return set(), ""
        role, keys = _HELD[one.type]
        lost, fault = set[Pair](), ""
        for key in keys:
            hidden = next((name for name in (role, key) if _hidden(one, name)), "")
            if one.type == ROLE and hidden:  # what the provider reads stays
                continue
            gone = set() if one.gone else _pairs(one, key, one.value)
            off = _pairs(one, key, one.before.get) - gone
            lost |= off
            fault = fault or (
                f"{hidden} of {one.address} is known only after the apply" if off and hidden else ""
            )
        return lost, fault

    def kept_by(self, one: Instance, pair: Pair) -> tuple[str, bool]:
        """The address of what attaches a policy to a role of the account after the change, "" for nothing.

        And whether that is known: inline policies that a role does not write may be in dynamic blocks of it,
        of which a plan does not tell.
        """
        return self._after.get((self._places.before(one).account_id, pair), ("", False))


def roles_with(instances: Iterable[Instance], arn: Json) -> set[str]:
    """The names of the roles that had a policy before the change, by whatever of the plan stays."""
    return {
        name
        for one in instances
        if one.type in _HELD and not one.gone
        for key in _HELD[one.type][1]
        for name, policy in _pairs(one, key, one.before.get)
        if policy == arn
    }


def _read(one: Instance, key: str, configuration: Configuration) -> set[Pair]:
    """What a role that does not say it itself had before: the provider has read what others attached."""
    resource = configuration.resource(one)
    if one.type != ROLE or not resource or key in expressions(resource):
        return set()
    return _pairs(one, key, one.before.get)


def _pairs(one: Instance, key: str, value: Callable[[str], Json]) -> set[Pair]:
    """Every pair that is known of an instance, by one of its attributes."""
    names, policies = _texts(value(_HELD[one.type][0])), _texts(value(key))
    return {(name, policy) for name in names for policy in policies}


def _hidden(one: Instance, key: str) -> bool:
    """Whether an attribute, or an item of it, is not known after the change."""
    value = None if one.gone else one.value(key)
    return UNKNOWN in (value, *as_list(value))


def _texts(value: Json) -> list[str]:
    """The texts of a list, one text alone, or the names of blocks."""
    found = [*as_list(value), value, *(block.get("name") for block in objects(value))]
    return [text for text in found if isinstance(text, str)]
