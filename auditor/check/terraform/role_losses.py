"""Policies that a plan takes off roles otherwise than by an attachment of their own that it deletes.

A role in place, what one resource attaches to several, and the type that keeps others off: Source: the
provider's pages of `aws_iam_role`, `aws_iam_policy_attachment` and of the exclusive type.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from auditor.check.shapes import as_list
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.located import Located
from auditor.check.terraform.types import ATTACHMENT, ONLY_ATTACHED, ROLE, SHARED_ATTACHMENT

Json = Any

#: The attributes that hold the names of roles and the ARNs of policies.
_HELD: Final[Mapping[str, tuple[str, str]]] = {
    ROLE: ("name", "managed_policy_arns"),
    ATTACHMENT: ("role", "policy_arn"),
    SHARED_ATTACHMENT: ("roles", "policy_arn"),
    ONLY_ATTACHED: ("role_name", "policy_arns"),
}
#: The name of a role and the ARN of a policy.
Pair = tuple[str, str]


class RolePolicies:
    """What is attached to which roles of one plan, before and after its change."""

    def __init__(self, instances: Sequence[Instance], places: Located) -> None:
        self._places = places
        self._after = {
            (places.of(one).account_id, pair): one.address
            for one in instances
            if one.type in _HELD and not one.gone
            for pair in _pairs(one, {key: one.value(key) for key in _HELD[one.type]})
        }

    def taken_off(self, one: Instance) -> tuple[set[Pair], str]:
        """What an instance attached and no longer does, and why that is not known, in a clause."""
        deleted = "delete" in one.actions
        if one.type not in (ROLE, SHARED_ATTACHMENT, ONLY_ATTACHED) or (
            deleted and one.type != SHARED_ATTACHMENT
        ):
            return set(), ""
        after = {} if one.gone else {key: one.value(key) for key in _HELD[one.type]}
        lost = _pairs(one, one.before) - _pairs(one, after)
        hidden = next((key for key, value in after.items() if UNKNOWN in (value, *as_list(value))), "")
        if one.type == ROLE and hidden:  # what the provider reads stays
            return set(), ""
        return lost, f"{hidden} of {one.address} is known only after the apply" if lost and hidden else ""

    def kept_by(self, one: Instance, pair: Pair) -> str:
        """The address of what attaches a policy to a role of the account after the change, "" for nothing."""
        return self._after.get((self._places.before(one).account_id, pair), "")


def _pairs(one: Instance, values: Mapping[str, Json]) -> set[Pair]:
    """Every pair that is known of an instance with some values."""
    names, arns = (_texts(values.get(key)) for key in _HELD[one.type])
    return {(name, arn) for name in names for arn in arns}


def _texts(value: Json) -> list[str]:
    return [text for text in (*as_list(value), value) if isinstance(text, str)]
