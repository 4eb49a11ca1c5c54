"""Which policies are attached to what lies on the way to an account."""

from collections.abc import Sequence
from posixpath import normpath

from auditor.check.declared_policies import DeclaredPolicy, DeclaredTarget
from auditor.check.organizations.outcome import LevelNames
from auditor.check.organizations.units import OrganizationTree
from auditor.model.errors import AuditorError


class Levels:
    """The policies of a tree: those that it lists, and those that other inputs attach to what is in it."""

    def __init__(self, tree: OrganizationTree, policies: Sequence[DeclaredPolicy]) -> None:
        self._by_target: dict[str, list[str]] = {}
        for policy in policies:
            for target_id in dict.fromkeys(tree.ids.get(one, one) for one in policy.targets):
                self._by_target.setdefault(target_id, []).append(policy.name)
        self._by_key = {
            normpath(policy.declaration.file) + (f"#{policy.address}" if policy.address else ""): policy.name
            for policy in policies
        }

    def of(self, target: DeclaredTarget) -> LevelNames:
        """The policies of a target: those of the tree first; of the others the order is not known.

        Raises:
            AuditorError: the tree names a policy that is not among the inputs.
        """
        listed = [self._key(target, one) for one in target.policies]
        further = [one for one in self._by_target.get(target.target_id, ()) if one not in listed]
        return (*listed, *further), not further or len(listed) + len(further) == 1

    def _key(self, target: DeclaredTarget, named: str) -> str:
        if named not in self._by_key:
            raise AuditorError(
                f"{target.path}: {named} is no backup policy among the inputs; name it too, or its folder."
            )
        return self._by_key[named]
