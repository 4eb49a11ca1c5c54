"""What selections say of an ARN of which a part is not known yet, and of tags that AWS alone gives."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from auditor.check.patterns import Pieces, undecided
from auditor.derive.selection import ArnWildcards, Decision, Matcher, SelectionAnswer, SelectionSettings
from auditor.evaluate.opt_in import OptIn
from auditor.model.organization import Resource
from auditor.model.plans import Selection

_WILD: Final = "*"
#: How keys of tags begin that nobody but AWS gives, in either case (aws-backup.md 4.6).
_OF_AWS: Final = "aws:"
_PREFIX: Final = "aws:ResourceTag/"


def system_tag(key: str) -> bool:
    """Whether only AWS gives a tag, so that no input declares it; `aws:ResourceTag/` says where a tag is."""
    return key.removeprefix(_PREFIX).lower().startswith(_OF_AWS)


def system_key(selection: Selection) -> str:
    """The first such tag by which a selection chooses, "" for none."""
    keys = [key for key, _ in selection.list_of_tags] + [one.tag_key for one in selection.conditions]
    return next(filter(system_tag, keys), "").removeprefix(_PREFIX)


def said_of(key: str) -> str:
    """Why it is not known whether a resource has such a tag."""
    return f"No input declares the tag {key}: only AWS gives tags that begin with aws:."


class Weighing:
    """The selections of one account and Region, which are asked about ARNs with stand-ins."""

    def __init__(self, selections: Sequence[Selection], settings: SelectionSettings, opt_in: OptIn) -> None:
        self._selections, self._settings, self._opt_in = selections, settings, opt_in
        self._system: dict[int, tuple[str, Matcher | None, Matcher]] = {}
        for row, one in enumerate(selections):
            if key := system_key(one):
                self._system[row] = (key, *self._without_system_tags(one))
        self._known_ways: dict[tuple[int, str, str], tuple[Matcher, Matcher]] = {}

    def _without_system_tags(self, one: Selection) -> tuple[Matcher | None, Matcher]:
        """A selection where nothing has such a tag (None: it selects nothing then), and where all do."""
        tags = tuple(pair for pair in one.list_of_tags if not system_tag(pair[0]))
        conditions = tuple(found for found in one.conditions if not system_tag(found.tag_key))
        all_known = len(conditions) == len(one.conditions) and (tags or one.resources)
        anything = () if len(tags) == len(one.list_of_tags) else (_WILD,)
        wide = replace(one, resources=(*one.resources, *anything), conditions=conditions)
        made = [
            Matcher(way, opted_in=self._opt_in.of(one.plan_id), settings=self._settings)
            for way in (replace(one, list_of_tags=tags), wide)
        ]
        return made[0] if all_known else None, made[1]

    def by_system_tags(self, row: int, resource: Resource, decision: Decision) -> Decision:
        """The decision of selection number `row`; undecided where it hangs on a tag that AWS alone gives."""
        if row not in self._system or decision.outcome is SelectionAnswer.INDETERMINATE:
            return decision
        key, least, most = self._system[row]
        surely = least is not None and least.decide(resource).outcome is SelectionAnswer.SELECTED
        if surely or most.decide(resource).outcome is SelectionAnswer.NOT_SELECTED:
            return decision
        said = (
            f"Whether the resource has the tag {key} is not known: only AWS gives tags that begin with aws:."
        )
        return Decision(SelectionAnswer.INDETERMINATE, (*decision.steps, said))

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
