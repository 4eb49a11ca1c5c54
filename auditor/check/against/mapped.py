"""What becomes of a run's accounts and Regions by what inputs declare, and what could not be found there."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from auditor.check.against.changed import PlaceChange
from auditor.evaluate.gaps import Scope
from auditor.model.arn import place_of

_SERVICE: Final = "backup"


@dataclass(slots=True)
class Mapped:
    """What becomes of each account and Region; `matched`, `failing` and `unmapped` are sentences.

    `vaults` are the ARNs of those that inputs declare.

    `aliases` gives the ARN that something has in the evidence, by the one that it has in the inputs; `stale`
    are ARNs of what does not change, and is another in the evidence than in the inputs, and `drifted` the
    accounts and Regions in which that is a plan, a selection or the opt-in. `open` says that
    something could not be found on which the protection of others rests.
    """

    vaults: set[str] = field(default_factory=set)
    places: defaultdict[Scope, PlaceChange] = field(default_factory=lambda: defaultdict(PlaceChange))
    stale: set[str] = field(default_factory=set)
    drifted: set[Scope] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    matched: list[str] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    open: bool = False

    def tells(self, arn: str) -> bool:
        """Whether what the run says of `arn` after the change rests on nothing that is another there.

        What is a plan or a vault rests on the resources and plans of other accounts and Regions too.
        """
        own = self.aliases.get(arn, arn)
        if own.split(":", 3)[2] == _SERVICE:
            return not (self.stale or self.drifted)
        return own not in self.stale and place_of(own) not in self.drifted
