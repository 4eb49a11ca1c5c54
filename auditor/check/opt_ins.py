"""Which resource types inputs opt in."""

from collections.abc import Mapping
from types import MappingProxyType

from auditor.evaluate.opt_in import OptIn, of_the_organization
from auditor.evaluate.scope import ScopeFacts
from auditor.model.resource_types import TYPES


class DeclaredOptIn(OptIn):
    """Which resource types are opted in: as declared, and `otherwise` where nothing is (None: not known).

    What the place declares is not what counts for plans of the organization (aws-backup.md 3.4).
    """

    def __init__(self, declared: Mapping[str, bool], *, otherwise: bool | None) -> None:
        everything = {} if otherwise is None else dict.fromkeys(TYPES, otherwise)
        self._opted_in = MappingProxyType({**everything, **declared})
        self._undeclared = MappingProxyType(everything)

    def of(self, plan_id: str) -> Mapping[str, bool]:
        """Whether each resource type is opted in; a type that is not in the mapping is unknown."""
        return self._undeclared if of_the_organization(plan_id) else self._opted_in

    def whose(self, plan_id: str) -> str:  # noqa: ARG002 -- as `OptIn.whose`
        """The account whose settings count: the resources' own."""
        return ""

    def unread(self, plan_id: str, scope: ScopeFacts) -> tuple[str, ...]:  # noqa: ARG002 -- as `OptIn.unread`
        """Ids of the gaps that leave it unknown: those of the place."""
        return scope.missing("region_settings")
