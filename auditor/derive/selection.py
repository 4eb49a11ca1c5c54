"""Whether a backup plan's selection protects a resource, and why.

    selected = ((Resources or ListOfTags) and every Condition and not NotResources), if the type is opted in

Source: aws-backup.md 4.6; AWS Backup Developer Guide, "Assigning resources programmatically".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from auditor.derive.arn_rules import ArnRules, parts_of, warning
from auditor.derive.tag_rules import NEAR, TagAnswer, TagRules, Tags
from auditor.model.organization import Resource
from auditor.model.plans import Selection

RESTORE_TEST: Final = "awsbackup-restore-test"  # tag, or how the name begins (aws-backup.md 1.3)
_CACHE_LIMIT: Final = 65_536


class SelectionAnswer(StrEnum):
    """The answer of a selection for a resource."""

    SELECTED = "selected"
    NOT_SELECTED = "not_selected"
    INDETERMINATE = "indeterminate"


class AbsentTag(StrEnum):
    """StringNotEquals and StringNotLike on a resource without the tag.

    The API reference speaks of "only those resources that you tagged"; operators use it to opt out and
    say that it works for untagged resources too (aws-backup.md 4.6).
    """

    INDETERMINATE = "indeterminate"
    HOLDS = "holds"
    FAILS = "fails"


class ArnWildcards(StrEnum):
    """Where `*` may stand in an ARN: the developer guide says anywhere, the API reference at the end."""

    ANYWHERE = "anywhere"
    END = "end"


class ListOfTagsPrefix(StrEnum):
    """A key of ListOfTags that begins with `aws:ResourceTag/`, as those of Conditions do.

    The API reference's example of ListOfTags has a bare key; earlier editions of it, and CloudFormation's
    BackupSelectionResourceType to this day, have the prefix (aws-backup.md 4.6).
    """

    INDETERMINATE = "indeterminate"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class LikeWhitespace(StrEnum):
    """Whether `*` in StringLike and StringNotLike matches white space.

    The API reference ("Conditions") lets the wildcard stand for anything in the string; the developer guide
    ("Assign resources with AWS CLI") says that it represents non-whitespace characters.
    """

    INDETERMINATE = "indeterminate"
    MATCHES = "matches"
    DIFFERS = "differs"


class EmptySelection(StrEnum):
    """A selection with neither Resources nor ListOfTags.

    The API reference says that it selects every opted-in resource; CreateBackupSelection has been seen to
    refuse it (aws-backup.md 4.6).
    """

    ALL = "all"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """How to read what AWS's documents leave open; each field's type says what they disagree on."""

    absent_tag: AbsentTag = AbsentTag.INDETERMINATE
    arn_wildcards: ArnWildcards = ArnWildcards.ANYWHERE
    empty_selection: EmptySelection = EmptySelection.ALL
    list_of_tags_prefix: ListOfTagsPrefix = ListOfTagsPrefix.INDETERMINATE
    like_whitespace: LikeWhitespace = LikeWhitespace.INDETERMINATE


#: What a setting answers; "indeterminate" answers nothing.
_ANSWERS: Final[Mapping[str, bool]] = {
    AbsentTag.HOLDS: True,
    AbsentTag.FAILS: False,
    ListOfTagsPrefix.ACCEPTED: True,
    ListOfTagsPrefix.REFUSED: False,
    LikeWhitespace.MATCHES: True,
    LikeWhitespace.DIFFERS: False,
}
DEFAULT_SETTINGS: Final = SelectionSettings()
#: What keeps a resource out, the plainest first.
WHY: Final = ("excluded", "opt_in", "near_miss", "restore_test", "condition", "unmatched")
#: What keeps a resource out that is included, in the order in which it is looked at.
_WHY_NOT: Final = ("condition", "excluded", "opt_in", "restore_test")


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome and its explanation: sentences in the order in which the selection is applied.

    `why` is in a word what keeps the resource out (`WHY`), "" where nothing does. `near` is the tag that
    nearly is as it must be, in a clause.
    """

    outcome: SelectionAnswer
    steps: tuple[str, ...]
    why: str = field(default="", compare=False)
    near: str = field(default="", compare=False)


class _Case(NamedTuple):
    """All that a decision depends on: equal cases have equal decisions."""

    tags: Tags
    resource_type: str
    included_by: tuple[str, bool] | None
    near_miss: str | None
    excluded_by: str | None
    shared: bool
    restore_test: bool


def decide(
    resource: Resource,
    selection: Selection,
    *,
    opted_in: Mapping[str, bool],
    settings: SelectionSettings = DEFAULT_SETTINGS,
) -> Decision:
    """Decide on one resource; for many, make a `Matcher` once."""
    return Matcher(selection, opted_in=opted_in, settings=settings).decide(resource)


class Matcher:
    """One selection, compiled for many resources of its plan's account and Region.

    `opted_in` is the Region's ResourceTypeOptInPreference; a type that it does not name is unknown, so that a
    decision that depends on it is INDETERMINATE. `opt_in_account` is the account whose preference it is, ""
    for the resources' own.
    """

    def __init__(
        self,
        selection: Selection,
        *,
        opted_in: Mapping[str, bool],
        settings: SelectionSettings = DEFAULT_SETTINGS,
        opt_in_account: str = "",
    ) -> None:
        end_only = settings.arn_wildcards is ArnWildcards.END
        self._resources = ArnRules(selection.resources, end_only=end_only)
        self._not_resources = ArnRules(selection.not_resources, end_only=end_only)
        self._tag_rules = TagRules(
            selection.list_of_tags,
            selection.conditions,
            absent=_ANSWERS.get(settings.absent_tag),
            prefixed=_ANSWERS.get(settings.list_of_tags_prefix),
            spaces=_ANSWERS.get(settings.like_whitespace),
        )
        self._selection = selection
        self._opted_in = dict(opted_in)
        self._where = "this Region" + (f" of the account {opt_in_account}" if opt_in_account else "")
        self._empty = not selection.resources and not selection.list_of_tags
        self._empty_selects = settings.empty_selection is EmptySelection.ALL
        self._cache: dict[_Case, Decision] = {}

    def decide(self, resource: Resource) -> Decision:
        """Whether the selection protects `resource`."""
        if self._selection.fault:
            step = f"The selection cannot be understood: {self._selection.fault}."
            return Decision(SelectionAnswer.INDETERMINATE, (step,))
        case = self._case(resource)
        decision = self._cache.get(case)
        if decision is None:
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            decision = self._cache[case] = self._judge(case)
        return decision

    def decide_without_tags(self, resource: Resource) -> Decision:
        """The same where the resource's tags were not read: INDETERMINATE where they may decide."""
        selection, case = self._selection, self._case(resource)
        by_tags = selection.conditions or (selection.list_of_tags and not case.included_by)
        if selection.fault or not by_tags:
            return self.decide(resource)
        opted_in, sentence = self._opt_in(case)
        included = case.included_by or selection.list_of_tags or (self._empty and self._empty_selects)
        possible = included and not case.excluded_by and opted_in is not False and not case.restore_test
        steps = ("The tags of the resource were not read.", *self._excluded(case), sentence)
        return Decision(
            SelectionAnswer.INDETERMINATE if possible else SelectionAnswer.NOT_SELECTED,
            steps if included else (*steps, "Resources: no entry matches the ARN."),
        )

    def _case(self, resource: Resource) -> _Case:
        arn = parts_of(resource.arn)
        included = self._resources.match(resource.arn, arn.marker)
        excluded = self._not_resources.match(resource.arn, arn.marker)
        return _Case(
            self._tag_rules.relevant(resource.tags),
            resource.resource_type,
            included,
            None if included else self._resources.near_miss(arn),
            excluded[0] if excluded else None,
            arn.shared,
            resource.name.startswith(RESTORE_TEST) or RESTORE_TEST in resource.tags,
        )

    def _judge(self, case: _Case) -> Decision:
        tags = self._tag_rules.answer(case.tags)
        included, steps = self._include(case, tags)
        if included is False:
            near = _near(tags.near_misses)
            why = "near_miss" if near or case.near_miss else "unmatched"
            return Decision(SelectionAnswer.NOT_SELECTED, steps, why, near)
        steps += tags.conditions
        if (tags.listed or tags.perhaps) and tags.holds is False:
            steps += ("A tag of ListOfTags is not enough: every Condition must hold as well.",)
        steps += self._excluded(case)
        opted_in, sentence = self._opt_in(case)
        steps += (sentence,)
        if case.restore_test:
            steps += ("It is a product of restore testing, which AWS Backup leaves out.",)
        answers = (included, tags.holds, case.excluded_by is None, opted_in, not case.restore_test)
        if False in answers:
            why = _WHY_NOT[answers.index(False) - 1]
            near = _near(tags.conditions) if why == "condition" else ""
            return Decision(SelectionAnswer.NOT_SELECTED, steps, "near_miss" if near else why, near)
        return Decision(SelectionAnswer.INDETERMINATE if None in answers else SelectionAnswer.SELECTED, steps)

    def _include(self, case: _Case, tags: TagAnswer) -> tuple[bool | None, tuple[str, ...]]:
        """The union of Resources and ListOfTags; None where that is unknown."""
        if self._empty:
            word = "every opted-in resource" if self._empty_selects else "nothing"
            return self._empty_selects, (f"Resources and ListOfTags are empty, which selects {word}.",)
        steps: list[str] = []
        if case.included_by:
            pattern = case.included_by[0]
            steps.append(f"Resources: {pattern} matches the ARN{warning(pattern)}.")
        elif self._selection.resources:
            steps.append("Resources: no entry matches the ARN.")
            steps += _ignored(self._resources) + ([case.near_miss] if case.near_miss else [])
        if tags.listed:
            steps.append(f"ListOfTags: tag {tags.listed[0]}={tags.listed[1]!r} matches.")
        elif tags.perhaps:
            key, value = tags.perhaps
            steps.append(
                f"ListOfTags: {key}={value!r} may match: AWS's documents disagree whether a key may begin "
                "with aws:ResourceTag/; the setting list_of_tags_prefix decides."
            )
        elif self._selection.list_of_tags:
            steps += ["ListOfTags: no entry matches the tags.", *tags.near_misses]
        if case.included_by or tags.listed:
            return True, tuple(steps)
        return None if tags.perhaps else False, tuple(steps)

    def _excluded(self, case: _Case) -> tuple[str, ...]:
        if case.excluded_by:
            return (f"NotResources: {case.excluded_by} excludes it{warning(case.excluded_by)}.",)
        if not self._selection.not_resources:
            return ()
        return ("NotResources: no entry matches the ARN.", *_ignored(self._not_resources))

    def _opt_in(self, case: _Case) -> tuple[bool | None, str]:
        """An entry of Resources that names the type overrides the opt-in, unless types share that ARN."""
        kind = case.resource_type
        named = case.included_by is not None and case.included_by[1]
        if named and not case.shared:
            return True, f"Resources names the type {kind}, which needs no opt-in."
        because = " (several types share this form of ARN, so that naming it is not enough)" if named else ""
        answer = self._opted_in.get(kind)
        if answer is None:
            return None, f"Whether {kind} is opted in in {self._where} is unknown{because}."
        return answer, f"{kind} is {'' if answer else 'not '}opted in in {self._where}{because}."


def _ignored(rules: ArnRules) -> list[str]:
    return [
        f"{pattern} is ignored: the setting arn_wildcards allows `*` at the end only."
        for pattern in rules.ignored
    ]


def _near(sentences: Sequence[str]) -> str:
    """The first near miss among sentences, as a clause; "" where there is none."""
    return next((said.removeprefix(NEAR).rstrip(".") for said in sentences if said.startswith(NEAR)), "")
