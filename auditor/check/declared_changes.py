"""What a change takes away."""

from dataclasses import dataclass
from typing import Final

from auditor.check.declared import Declaration, Place


@dataclass(frozen=True, slots=True)
class Removed:
    """What is there before the change and not after it, by the id or ARN that it had.

    `kind` is plan, selection, vault, resource, or lock or policy, whose key is the ARN of its vault.
    """

    place: Place
    kind: str
    key: str
    declaration: Declaration


#: What becomes of what our own policies demand, and demand no longer.
LOWERED: Final = "lowered"


@dataclass(frozen=True, slots=True)
class DeclaredChange:
    """What a change takes away of something that protects, in the words of `policies/schemas/change.json`.

    `kept_by` is the address of something that does the same after the change, "" where there is nothing.
    `fault` says why it is not known whether anything is lost, "" where it is.
    """

    place: Place
    kind: str
    action: str
    name: str
    declaration: Declaration
    made_first: bool = False
    kept_by: str = ""
    fault: str = ""
    lost: tuple[str, ...] = ()
