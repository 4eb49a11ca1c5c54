"""Any selection against the formula of AWS's documents, read literally."""

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.derive.selection import (
    Matcher,
    SelectionAnswer,
    decide,
)
from auditor.model.organization import Resource
from auditor.model.plans import Selection
from tests.unit.derive.selections import NO, UNKNOWN, YES, chosen, thing

# The oracle: sets of resources, as AWS's formula is written.

KEYS, VALUES = ["a", "A", "b"], ["x", "X", "xy", ""]
ARNS = [
    f"arn:{partition}:{rest}"
    for partition in ("aws", "aws-cn")
    for rest in (
        "ec2:r-1:1:volume/v1",
        "ec2:r-1:1:volume/v2",
        "ec2:r-2:1:instance/v1",
        "rds:r-1:1:db:d",
        "rds:r-1:1:cluster:d",
        "s3:::bucket",
    )
]
KINDS = {"volume": "EBS", "instance": "EC2", "db": "RDS", "cluster": "Aurora", "bucket": "S3"}
PATTERNS = [
    *ARNS,
    "*",
    "arn:aws:ec2:*",
    "arn:aws:ec2:*:*:volume/*",
    "arn:*:ec2:*:*:*/v1",
    "arn:aws:rds:*:*:cluster:*",
    "arn:aws:rds:r-1:*",
    "arn:aws:s3:::*",
    "arn:aws:s3:*",
    "*v1",
]
EXPLICIT = {"EBS": ":volume/", "EC2": ":instance/", "RDS": ":db:", "S3": ":s3:::"}  # not Aurora: shared


def kind_of(arn: str) -> str:
    """AWS Backup's type of one of ARNS."""
    return next(kind for word, kind in KINDS.items() if f":{word}" in arn)


def glob(pattern: str, text: str) -> bool:
    """Whether a pattern with stars matches, by trying every length."""
    head, star, tail = pattern.partition("*")
    if not star:
        return text == head
    return text.startswith(head) and any(glob(tail, text[i:]) for i in range(len(head), len(text) + 1))


def holds(condition: tuple[str, str, str], tags: Mapping[str, str]) -> bool | None:
    """One condition, None for a negated one on an absent tag."""
    operator, key, value = condition
    if key not in tags:
        return None if "Not" in operator else False
    same = glob(value, tags[key]) if operator.endswith("Like") else tags[key] == value
    return same != ("Not" in operator)


def formula(selection: Selection, resource: Resource, opted_in: Mapping[str, bool]) -> SelectionAnswer:
    """The formula of AWS's documents, read literally, with Kleene's three values."""
    kind, arn = resource.resource_type, resource.arn
    by_arn = [pattern for pattern in selection.resources if glob(pattern, arn)]
    by_tag = any(resource.tags.get(key) == value for key, value in selection.list_of_tags)
    everything = not selection.resources and not selection.list_of_tags
    if not (by_arn or by_tag or everything):
        return NO
    explicit = any(kind in EXPLICIT and EXPLICIT[kind] in pattern for pattern in by_arn)
    answers = [
        *(holds((c.operator, c.tag_key, c.value), resource.tags) for c in selection.conditions),
        not any(glob(pattern, arn) for pattern in selection.not_resources),
        True if explicit else opted_in.get(kind),
    ]
    if any(answer is False for answer in answers):
        return NO
    return UNKNOWN if any(answer is None for answer in answers) else YES


OPERATORS = st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"])
SELECTIONS = st.builds(
    chosen,
    st.lists(st.sampled_from(PATTERNS), max_size=3).map(tuple),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2),
    st.lists(
        st.tuples(OPERATORS, st.sampled_from(KEYS), st.sampled_from([*VALUES, "*", "x*", "*y"])), max_size=2
    ).map(tuple),
    st.lists(st.sampled_from(PATTERNS), max_size=2).map(tuple),
)
RESOURCES = st.builds(
    lambda arn, tags: thing(arn, tags, kind_of(arn)),
    st.sampled_from(ARNS),
    st.dictionaries(st.sampled_from([*KEYS, "Name"]), st.sampled_from(VALUES), max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(
    selection=SELECTIONS,
    resources=st.lists(RESOURCES, min_size=1, max_size=12),
    opted_in=st.dictionaries(st.sampled_from(sorted(KINDS.values())), st.booleans()),
)
def test_a_matcher_agrees_with_the_formula_for_every_resource(
    selection: Selection, resources: list[Resource], opted_in: dict[str, bool]
) -> None:
    """One compiled matcher, asked in a row, answers as the formula and as a fresh decision each time."""
    matcher = Matcher(selection, opted_in=opted_in)
    decisions = [matcher.decide(resource) for resource in resources]
    assert [d.outcome for d in decisions] == [formula(selection, r, opted_in) for r in resources]
    assert decisions == [decide(resource, selection, opted_in=opted_in) for resource in resources]
    assert all(decision.steps for decision in decisions)
