"""Backup policies of AWS Organizations as inputs declare them, and what is said of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from auditor.check.declared import Declaration, Place
from auditor.derive.backup_policy_faults import Fault

#: In place of the id of the root, of which an organization has one.
THE_ROOT: Final = "(the root)"
#: Whether what is attached is only perhaps a backup policy, and since when.
Perhaps = Literal["", "attached anew", "attached already"]


@dataclass(frozen=True, slots=True)
class DeclaredPolicy:
    """A backup policy of AWS Organizations.

    `document` is None where it is not known, and `fault` says why in a clause. `faults` are what AWS
    refuses in it. `line` gives that of a path of it, 0 where lines are not known. `targets` are the ids of
    what the same input attaches it to, and `open_targets` says in a clause why there may be others.
    `address` is how the input names it, "" for a file of its own. One that is only `perhaps` a backup policy
    counts where it is known what it is attached to; what is attached already, a tree that is told whole has.
    """

    name: str
    address: str
    document: Mapping[str, Any] | None
    declaration: Declaration
    line: Callable[[tuple[str, ...]], int]
    faults: tuple[Fault, ...] = ()
    targets: tuple[str, ...] = ()
    open_targets: str = ""
    fault: str = ""
    perhaps: Perhaps = ""


@dataclass(frozen=True, slots=True)
class DeclaredNode:
    """A root, organizational unit or account, as one input declares it.

    `node_id` is its id, or, where it is not `identified`, what stands in for that. `parent` is the id of what
    it lies in, "" where that is not known, which `fault` says in a clause. `name` is that of a unit, "" where
    it is not known. `policies` are those that a file attaches to it, listed at `path`. `later` says that the
    input names in what it lies, and that this is not known yet: it may be anything.
    """

    kind: Literal["root", "unit", "account"]
    node_id: str
    parent: str
    declaration: Declaration
    name: str = ""
    identified: bool = True
    fault: str = ""
    policies: tuple[str, ...] = ()
    path: str = ""
    later: bool = False


@dataclass(frozen=True, slots=True)
class DeclaredTarget:
    """A root, unit or account: its id ("" where it is not known), its path, and what is attached to it.

    `unit` is the name of a unit, "" for what is none.
    """

    target_id: str
    path: str
    policies: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredTerm:
    """What is said of a policy: what is wrong at a path of it, or, of kind "", the policy as a whole.

    The words are those of `policies/schemas/organization_policy.json`. `accounts` are those that it is about.
    `fault` says what of it is not known, "" where all is.
    """

    place: Place
    policy: str
    declaration: Declaration
    kind: Literal["", "malformed", "forbidden", "invalid"] = ""
    path: str = ""
    said: str = ""
    accounts: tuple[str, ...] = ()
    fault: str = ""
