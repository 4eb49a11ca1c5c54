"""What is said of a policy, and where it stands."""

from dataclasses import dataclass
from typing import Literal

from auditor.check.declared import Declaration, Place
from auditor.check.declared_policies import DeclaredPolicy, DeclaredTerm
from auditor.derive.backup_policy_faults import Fault
from auditor.derive.policy_merge import Path


@dataclass(frozen=True, slots=True)
class Terms:
    """Makes what is said of one policy."""

    policy: DeclaredPolicy
    place: Place

    def malformed(self) -> list[DeclaredTerm]:
        """What AWS refuses in it."""
        return [self.fault("malformed", one) for one in self.policy.faults]

    def fault(
        self, kind: Literal["malformed", "forbidden", "invalid"], fault: Fault, accounts: tuple[str, ...] = ()
    ) -> DeclaredTerm:
        """One thing that is wrong with it."""
        path = "/".join(fault.path) or "the document"
        return DeclaredTerm(
            self.place,
            self.policy.name,
            located(self.policy, fault.path),
            kind,
            path,
            fault.said,
            accounts,
        )

    def whole(self, fault: str = "", accounts: tuple[str, ...] = ()) -> list[DeclaredTerm]:
        """The policy as a whole, and what of it is not known, in a clause."""
        declaration = self.policy.declaration
        return [DeclaredTerm(self.place, self.policy.name, declaration, accounts=accounts, fault=fault)]


def located(policy: DeclaredPolicy, path: Path, where: str = "") -> Declaration:
    """Where a path of a policy stands; `where` says for which account, "" for none."""
    address = " ".join(part for part in (policy.address, "/".join(path), where) if part)
    file = policy.declaration.file
    return Declaration(file, address or policy.declaration.address, policy.line(path))


def spelled(fault: Fault) -> str:
    """A fault with its path, in a clause."""
    return f"{'/'.join(fault.path)}: {fault.said}"


def what_is_unsaid(fault: Fault) -> str:
    """Why it is not known what comes of a policy that lacks an element, in a clause."""
    return f"{spelled(fault)}, and what AWS makes of that is not known"
