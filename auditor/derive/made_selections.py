"""How the selections of a plan choose otherwise than an effective backup policy wants them to.

AWS does not say under which names it keeps them, nor whether as one or as several (aws-backup.md 3.2). So
they are compared by what each tag and pattern chooses: under which conditions, without what, with which role.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from auditor.derive.backup_policies import EffectivePlan
from auditor.derive.effective_policy import PolicyDifferences
from auditor.model.arn import place_of
from auditor.model.documents import UnreadableDocument
from auditor.model.plans import Selection

#: The account and Region of a plan.
Place = tuple[str, str]
_PREFIX: Final = "aws:ResourceTag/"
#: The parts of a choice, and the words for them where they are otherwise.
_WORDS: Final = {
    "chosen": "the tags or resources are other ones",
    "without": "the resources left out are other ones",
    "conditions": "the conditions are other ones",
}


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a selection consists of, in a form that leaves out what makes no difference."""

    role: str
    chosen: frozenset[tuple[str, ...]]
    without: frozenset[str]
    conditions: frozenset[tuple[str, ...]]

    @property
    def choices(self) -> frozenset[tuple[object, ...]]:
        """The ways in which it chooses: a tag is a condition on everything."""
        ways = [
            (one[0], self.conditions) if len(one) == 1 else ("*", self.conditions | {("StringEquals", *one)})
            for one in self.chosen
        ]
        return frozenset((*way, self.without, self.role) for way in ways)


def wanted_selections(plan: EffectivePlan, account: str, region: str) -> list[Selection]:
    """The selections that AWS Backup has to make of a plan of an effective policy in an account and Region.

    One that cannot be understood has a `fault`, as that of a plan that is there.
    """
    made = []
    for (_, name), document in plan.selection_documents(account, region):
        try:
            made.append(Selection.from_document(document, plan_id=plan.name, selection_id=name))
        except UnreadableDocument as error:
            made.append(Selection(name, name, plan.name, "", fault=str(error)))
    return made


def selection_differences(
    wanted: Sequence[Selection], found: Sequence[Selection], place: Place
) -> PolicyDifferences:
    """Where the selections of a plan differ from what a policy wants, a clause each, and what is not known.

    What is missing may be in a selection that cannot be understood; what is too much may come of one of which
    the policy does not say what it selects.
    """
    known = [(one, _parts(one, place)) for one in found]
    there = frozenset[object]().union(*(parts.choices for _, parts in known))
    policy = [(one, _parts(one, place)) for one in wanted]
    right = frozenset[object]().union(*(parts.choices for _, parts in policy))
    more = {one.selection_id: (one, parts) for one, parts in known if not parts.choices <= right}
    missing: list[str] = []
    for one, parts in policy:
        if not parts.choices <= there:
            twins = (key for key, (other, _) in more.items() if other.name.lower() == one.name.lower())
            twin = more.pop(next(twins, ""), None)
            part = "a part of " if parts.choices & there else ""
            clauses = [f"of selection {one.name} {said}" for said in _clauses(parts, twin[1])] if twin else []
            missing += clauses or [f"{part}selection {one.name} is missing"]
    surplus = [f"selection {one.name} chooses what is in no policy" for one, _ in more.values()]
    made, said = (tuple(_vague(held)) for held in (found, wanted))
    return PolicyDifferences((*(() if made else missing), *(() if said else surplus)), made + said)


def _vague(selections: Iterable[Selection]) -> Iterator[str]:
    """Of which selections it is not known what they choose, and why (aws-backup.md 3.3, 4.6)."""
    for one in selections:
        names = one.resources or one.list_of_tags
        fault = one.fault or ("" if names else "it names neither tags nor resources")
        if fault:
            yield f"selection {one.name or one.selection_id}: {fault}"


def _parts(selection: Selection, place: Place) -> _Parts:
    tags = [(key.removeprefix(_PREFIX), value) for key, value in selection.list_of_tags]
    return _Parts(
        selection.iam_role_arn,
        frozenset([*tags, *((_pattern(one, place),) for one in selection.resources)]),
        frozenset(_pattern(one, place) for one in selection.not_resources),
        frozenset((one.operator, one.tag_key, one.value) for one in selection.conditions),
    )


def _pattern(text: str, place: Place) -> str:
    """A pattern of ARNs in which the plan's own account and Region are any: it selects in no other ones."""
    named = place_of(text)
    account, region = ("*" if one == own else one for one, own in zip(named, place, strict=True))
    return text.replace(f":{named[1]}:{named[0]}:", f":{region}:{account}:", 1)


def _clauses(wanted: _Parts, found: _Parts) -> Iterator[str]:
    """What is otherwise in the selection of the same name."""
    if wanted.role != found.role:
        yield f"the role is {found.role or 'missing'} and not {wanted.role}"
    for name, words in _WORDS.items():
        if getattr(wanted, name) != getattr(found, name):
            yield words
