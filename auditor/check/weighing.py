"""What selections say of an ARN of which a part is not known yet."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from auditor.check.patterns import Pieces, undecided
from auditor.derive.selection import ArnWildcards, Decision, Matcher, SelectionAnswer, SelectionSettings
from auditor.evaluate.opt_in import OptIn
from auditor.model.organization import Resource
from auditor.model.plans import Selection

_WILD: Final = "*"


class Weighing:
    """The selections of one account and Region, which are asked about ARNs with stand-ins."""

    def __init__(self, selections: Sequence[Selection], settings: SelectionSettings, opt_in: OptIn) -> None:
        self._selections, self._settings, self._opt_in = selections, settings, opt_in
        self._known_ways: dict[tuple[int, str, str], tuple[Matcher, Matcher]] = {}

    def weighed(self, row: int, resource: Resource, pieces: Pieces, decision: Decision) -> Decision:
        """The decision of selection number `row`; undecided where it depends on what stand-ins stand for."""
        selection = self._selections[row]
        end_only = self._settings.arn_wildcards is ArnWildcards.END

        def open_of(patterns: Sequence[str]) -> str:
            """The first pattern of which it is not known whether it matches."""
            read = (one for one in patterns if not (end_only and _WILD in one[:-1]))
            return next((one for one in read if undecided(one, resource.arn, pieces)), "")

        included, excluded = open_of(selection.resources), open_of(selection.not_resources)
        if not (included or excluded) or decision.outcome is SelectionAnswer.INDETERMINATE:
            return decision
        own = resource.arn if end_only else "".join(piece.text or _WILD for piece in pieces)
        ways = self._ways(row, own if included else "", own if excluded else "")
        if all(way.decide(resource).outcome is decision.outcome for way in ways):
            return decision
        said = f"Whether {included or excluded} matches the ARN depends on what is not known yet."
        return Decision(SelectionAnswer.INDETERMINATE, (*decision.steps, said))

    def _ways(self, row: int, included: str, excluded: str) -> tuple[Matcher, Matcher]:
        """A selection at its widest and at its narrowest, where patterns match the ARNs that are given."""
        key = (row, included, excluded)
        if key not in self._known_ways:
            selection, settings = self._selections[row], self._settings
            opted_in = self._opt_in.of(selection.plan_id)
            wide = replace(selection, resources=(*selection.resources, *filter(None, [included])))
            narrow = replace(selection, not_resources=(*selection.not_resources, *filter(None, [excluded])))
            self._known_ways[key] = (
                Matcher(wide, opted_in=opted_in, settings=settings),
                Matcher(narrow, opted_in=opted_in, settings=settings),
            )
        return self._known_ways[key]
