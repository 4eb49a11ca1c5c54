"""Who manages the keys that inputs name, of vaults and of resources (aws-backup.md 4.16, 4.18)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from auditor.evaluate.source_keys import AWS_OR_NONE, NONE
from auditor.model.key_managers import AWS, CUSTOMER, OWNED_BY_AWS

#: In the ARN or name of an alias of a key that AWS manages.
_OF_AWS: Final = "alias/aws/"
_ALIAS: Final = ":alias/"


class ToldKey(NamedTuple):
    """Who manages the key of something, CUSTOMER or AWS: "" where it is not known, because of `fault`.

    Of a resource it may be NONE or AWS_OR_NONE too (`auditor.evaluate.source_keys`). `key` is its ARN then,
    where that is known.
    """

    manager: str
    fault: str = ""
    key: str = ""


def managed_key(key: str, known: Mapping[str, str]) -> ToldKey:
    """Who manages a key by its ARN, or by that of an alias; `known` has the managers of keys by their ARNs.

    What an alias stands for is the customer's: KMS makes none for a key of AWS, whose aliases begin with
    `alias/aws/` (aws-backup.md 4.16).
    """
    if _OF_AWS in key or key == OWNED_BY_AWS:
        return ToldKey(AWS)
    if _ALIAS in key:
        return ToldKey(CUSTOMER)
    return ToldKey(known[key]) if key in known else ToldKey("", f"no input makes {key}", key)


def agreed(told: Sequence[ToldKey]) -> ToldKey:
    """What all inputs together tell of one key: one that names it counts, unless two disagree."""
    known = {one for one in told if one.manager or one.key}
    if len(known) > 1:
        return ToldKey("", "the inputs name different keys of it")
    return known.pop() if known else told[-1]


@dataclass(frozen=True, slots=True)
class SourceKey:
    """The key of a resource: an ARN, an id or an alias, "" where none is named.

    Without one, `manager` says whose it is: AWS, NONE or AWS_OR_NONE, or else `fault` why that is not known,
    in a clause.
    """

    key: str = ""
    manager: str = ""
    fault: str = ""

    def told(self, start: str, known: Mapping[str, str]) -> ToldKey:
        """Who manages it; `known` are the managers of keys by their ARNs, `start` is how those here begin.

        What is neither an alias nor an ARN is the id of a key.
        """
        if not self.key:
            return ToldKey(self.manager, self.fault)
        if self.key.startswith("arn:") or self.key == OWNED_BY_AWS:
            return managed_key(self.key, known)
        named = self.key if self.key.startswith("alias/") else f"key/{self.key}"
        return managed_key(f"{start}{named}", known)


#: Where no key is named, or none is used.
OF_AWS: Final = SourceKey(manager=AWS)
NOT_ENCRYPTED: Final = SourceKey(manager=NONE)
OF_AWS_OR_NONE: Final = SourceKey(manager=AWS_OR_NONE)
