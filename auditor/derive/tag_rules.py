"""What a selection's ListOfTags and Conditions say of a set of tags (aws-backup.md 4.6).

Keys and values are compared exactly, case included. ListOfTags is OR-ed, Conditions are AND-ed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from auditor.derive.wildcards import compiled
from auditor.model.errors import UsageError
from auditor.model.plans import OPERATORS, Condition

Tags = tuple[tuple[str, str], ...]

_PREFIX = "aws:ResourceTag/"
#: What AWS's documents disagree on, by the setting that decides.
_DISAGREE = {
    "absent_tag": "a negated condition holds where the tag is absent",
    "like_whitespace": "`*` in StringLike and StringNotLike matches white space",
}
#: How a sentence begins that tells of what nearly is as it must be.
NEAR: Final = "Near miss: "


@dataclass(frozen=True, slots=True)
class TagAnswer:
    """`listed` is the entry of ListOfTags that matches, `perhaps` one that may match.

    `holds` is None when that is unknown.
    """

    listed: tuple[str, str] | None
    perhaps: tuple[str, str] | None
    near_misses: tuple[str, ...]
    holds: bool | None
    conditions: tuple[str, ...]


class TagRules:
    """ListOfTags and Conditions of one selection.

    `absent` answers a negated condition on an absent tag, `prefixed` whether a key of ListOfTags may begin
    with `aws:ResourceTag/`, `spaces` whether `*` matches white space; None: unknown.
    """

    def __init__(
        self,
        list_of_tags: Sequence[tuple[str, str]],
        conditions: Sequence[Condition],
        *,
        absent: bool | None,
        prefixed: bool | None,
        spaces: bool | None,
    ) -> None:
        for condition in conditions:
            if condition.operator not in OPERATORS:
                known = ", ".join(sorted(OPERATORS))
                raise UsageError(f"Condition operator {condition.operator!r} is unknown; use one of {known}.")
        self._list_of_tags = tuple(list_of_tags)
        self._conditions = [
            (condition, compiled(condition.value), compiled(condition.value, r"\S"))
            for condition in conditions
        ]
        self._absent, self._prefixed, self._spaces = absent, prefixed, spaces
        wanted = [key for key, _ in list_of_tags] + [condition.tag_key for condition in conditions]
        self._folded = frozenset(_fold(key) for key in wanted)
        self._relevant: dict[str, bool] = {}

    def relevant(self, tags: Mapping[str, str]) -> Tags:
        """The tags that any answer or near miss can depend on; equal tags give equal answers."""
        known = self._relevant
        try:
            return tuple([item for item in tags.items() if known[item[0]]])
        except KeyError:
            for key in tags:
                known[key] = _fold(key) in self._folded
        return tuple([item for item in tags.items() if known[item[0]]])

    def answer(self, tags: Tags) -> TagAnswer:
        """Judge the tags that `relevant` gave."""
        by_key = dict(tags)
        listed = next((entry for entry in self._list_of_tags if self._names(*entry, by_key)), None)
        perhaps = next(
            (e for e in self._list_of_tags if not listed and self._names(*e, by_key) is None), None
        )
        near = () if listed or perhaps else tuple(self._near(by_key))
        holds: bool | None = True
        sentences: list[str] = []
        for condition, loose, strict in self._conditions:
            value = by_key.get(condition.tag_key)
            answer, setting = self._condition(condition, value, loose, strict)
            sentences += _explain(condition, by_key, answer=answer, setting=setting)
            holds = False if holds is False or answer is False else (holds if answer else None)
        return TagAnswer(listed, perhaps, near, holds, tuple(sentences))

    def _names(self, key: str, value: str, tags: Mapping[str, str]) -> bool | None:
        """Whether an entry of ListOfTags names one of the tags."""
        if tags.get(key) == value:
            return True
        if not key.startswith(_PREFIX) or tags.get(key.removeprefix(_PREFIX)) != value:
            return False
        return self._prefixed

    def _near(self, tags: Mapping[str, str]) -> Iterator[str]:
        for key, value in self._list_of_tags:
            bare = key if self._prefixed is False else key.removeprefix(_PREFIX)
            yield from _near_misses(bare, value, tags)

    def _condition(
        self, condition: Condition, value: str | None, loose: re.Pattern[str], strict: re.Pattern[str]
    ) -> tuple[bool | None, str]:
        """Whether a condition holds, and the setting that would say so where that is unknown."""
        negated = condition.operator.startswith("StringNot")
        if value is None:
            return (self._absent, "absent_tag") if negated else (False, "")
        if not condition.operator.endswith("Like"):
            return (value == condition.value) is not negated, ""
        same: bool | None = loose.fullmatch(value) is not None
        if same and strict.fullmatch(value) is None:
            same = self._spaces
        return (None, "like_whitespace") if same is None else (same is not negated, "")


def _fold(text: str) -> str:
    return text.strip().casefold().removeprefix(_PREFIX.casefold())


def _difference(found: str, wanted: str) -> str:
    if found.casefold() == wanted.casefold():
        return "case"
    return "white space" if found.strip() == wanted.strip() else "case and white space"


def _near_misses(key: str, value: str, tags: Mapping[str, str]) -> Iterator[str]:
    """Sentences on tags that nearly are (key, value)."""
    if key.startswith(_PREFIX) and key.removeprefix(_PREFIX) in tags:
        yield f"ListOfTags takes the bare tag key: write {key.removeprefix(_PREFIX)} instead of {key}."
    actual = tags.get(key)
    if actual is None:
        for other in sorted(tags):
            if other.strip().casefold() == key.strip().casefold():
                yield f"{NEAR}tag {other} differs from {key} by {_difference(other, key)} only."
    elif actual.strip().casefold() == value.strip().casefold():
        by = _difference(actual, value)
        yield f"{NEAR}value {actual!r} of tag {key} differs from {value!r} by {by} only."
    else:
        yield f"Tag {key} is {actual!r} instead of {value!r}."


def _explain(
    condition: Condition, tags: Mapping[str, str], *, answer: bool | None, setting: str
) -> Iterator[str]:
    value = tags.get(condition.tag_key)
    actual = f"there is no tag {condition.tag_key}" if value is None else f"the tag is {value!r}"
    word = {True: "holds", False: "does not hold", None: "cannot be decided"}[answer]
    yield f"Condition {condition.operator} {condition.tag_key}={condition.value!r} {word}: {actual}."
    if answer is None:
        yield f"AWS's documents disagree whether {_DISAGREE[setting]}; the setting {setting} decides."
    if value is None or (answer is False and condition.operator == "StringEquals"):
        near = _near_misses(condition.tag_key, condition.value, tags)
        yield from (sentence for sentence in near if sentence.startswith(NEAR))
