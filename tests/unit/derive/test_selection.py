"""Which resources a selection protects, and why."""

from typing import Any

import pytest

from auditor.derive import selection as module
from auditor.derive.selection import (
    AbsentTag,
    ArnWildcards,
    EmptySelection,
    LikeWhitespace,
    ListOfTagsPrefix,
    Matcher,
    SelectionAnswer,
    SelectionSettings,
    decide,
)
from auditor.model.errors import UsageError
from auditor.model.organization import Resource
from auditor.model.plans import Selection
from tests.unit.derive.selections import (
    ALL_IN,
    BUCKET,
    CLUSTER,
    INSTANCE,
    NO,
    PREFIXED,
    TYPES,
    UNKNOWN,
    VOLUME,
    YES,
    chosen,
    thing,
)


def like(operator: str, value: str) -> Selection:
    """Everything whose tag `t` a condition takes."""
    return chosen(("*",), where=((operator, "t", value),))


@pytest.mark.parametrize(
    ("selection", "resource", "expected"),
    [
        # the union of ARNs and tags
        (chosen((VOLUME,)), thing(), YES),
        (chosen((VOLUME,), {"a": "1"}), thing(tags={"a": "2"}), YES),
        (chosen((INSTANCE,), {"a": "1"}), thing(tags={"a": "1"}), YES),
        (chosen((INSTANCE,), {"a": "1"}), thing(tags={"a": "2"}), NO),
        (chosen(tags={"a": "1", "b": "1"}), thing(tags={"b": "1"}), YES),
        (chosen(("*",)), thing(), YES),
        # conditions are ANDed, over ARNs and over tags
        (chosen(("*",), where=(("StringEquals", "a", "1"),)), thing(tags={"a": "1"}), YES),
        (chosen(("*",), where=(("StringEquals", "a", "1"),)), thing(tags={"a": "2"}), NO),
        (chosen(tags={"a": "1"}, where=(("StringEquals", "b", "1"),)), thing(tags={"a": "1"}), NO),
        (
            chosen(("*",), where=(("StringEquals", "a", "1"), ("StringLike", "b", "prod*"))),
            thing(tags={"a": "1", "b": "production"}),
            YES,
        ),
        (
            chosen(("*",), where=(("StringEquals", "a", "1"), ("StringLike", "b", "prod*"))),
            thing(tags={"a": "1", "b": "preprod"}),
            NO,
        ),
        (chosen(("*",), where=(("StringLike", "b", "*rod*"),)), thing(tags={"b": "production"}), YES),
        (chosen(("*",), where=(("StringLike", "b", "*"),)), thing(), NO),
        (chosen(("*",), where=(("StringEquals", "b", "p*"),)), thing(tags={"b": "prod"}), NO),
        (chosen(("*",), where=(("StringNotEquals", "b", "no"),)), thing(tags={"b": "yes"}), YES),
        (chosen(("*",), where=(("StringNotEquals", "b", "no"),)), thing(tags={"b": "no"}), NO),
        (chosen(("*",), where=(("StringNotEquals", "b", "no"),)), thing(tags={"b": "No"}), YES),
        (chosen(("*",), where=(("StringNotLike", "b", "n*"),)), thing(tags={"b": "nope"}), NO),
        (chosen(("*",), where=(("StringNotLike", "b", "n*"),)), thing(tags={"b": "yes"}), YES),
        # an absent tag under a negated condition, alone and beside a condition that fails
        (chosen(("*",), where=(("StringNotEquals", "b", "no"),)), thing(), UNKNOWN),
        (chosen(("*",), where=(("StringNotLike", "b", "n*"),)), thing(tags={"a": "1"}), UNKNOWN),
        (
            chosen(("*",), where=(("StringNotEquals", "b", "no"), ("StringEquals", "a", "1"))),
            thing(),
            NO,
        ),
        (chosen(("*",), where=(("StringNotEquals", "b", "no"),), without=(VOLUME,)), thing(), NO),
        # NotResources takes from both
        (chosen(("*",), without=("arn:aws:ec2:*:*:volume/*",)), thing(), NO),
        (chosen(("*",), without=("arn:aws:ec2:*:*:volume/*",)), thing(INSTANCE), YES),
        (chosen(tags={"a": "1"}, without=(VOLUME,)), thing(tags={"a": "1"}), NO),
        # case
        (chosen(tags={"backup": "daily"}), thing(tags={"Backup": "daily"}), NO),
        (chosen(tags={"backup": "daily"}), thing(tags={"backup": "Daily"}), NO),
        (chosen((VOLUME.upper(),)), thing(), NO),
        # wildcards anywhere
        (chosen(("arn:aws:s3:::ledger-*",)), thing(BUCKET), YES),
        (chosen(("arn:aws:s3:::*-logs",)), thing(BUCKET), YES),
        (chosen(("arn:aws:s3:::*-data",)), thing(BUCKET), NO),
        (chosen(("arn:*:ec2:*:*:volume/*",)), thing(), YES),
        (chosen(("arn:aws-cn:ec2:*:*:volume/*",)), thing(), NO),
        # restore testing's own resources
        (chosen(("*",)), thing(tags={"awsbackup-restore-test": "x"}), NO),
        (chosen(("*",)), thing(name="awsbackup-restore-test-abc"), NO),
        # neither Resources nor ListOfTags
        (chosen(), thing(), YES),
        (chosen(where=(("StringEquals", "a", "1"),)), thing(), NO),
    ],
)
def test_the_formula(selection: Selection, resource: Resource, expected: SelectionAnswer) -> None:
    """((Resources or ListOfTags) and every Condition) without NotResources, every type opted in."""
    assert decide(resource, selection, opted_in=ALL_IN).outcome is expected


@pytest.mark.parametrize(
    ("selection", "arn", "opted_in", "expected"),
    [
        (chosen(("*",)), VOLUME, False, NO),
        (chosen(("*",)), VOLUME, True, YES),
        (chosen(("*",)), VOLUME, None, UNKNOWN),
        (chosen(tags={"a": "1"}), VOLUME, False, NO),
        (chosen(tags={"a": "1"}), VOLUME, None, UNKNOWN),
        (chosen(("arn:aws:ec2:*",)), INSTANCE, False, NO),
        (chosen(("arn:aws:ec2:*:*:*",)), INSTANCE, False, NO),
        (chosen(("arn:aws:ec2:*:*:instance/*",)), INSTANCE, False, YES),
        (chosen(("arn:aws:ec2:*:*:instance/*",)), INSTANCE, None, YES),
        (chosen((INSTANCE,)), INSTANCE, False, YES),
        (chosen(("*", "arn:aws:ec2:*:*:instance/*")), INSTANCE, False, YES),
        (chosen(("*", "arn:aws:ec2:*:*:volume/*")), INSTANCE, False, NO),
        (chosen(("arn:aws:s3:::*",)), BUCKET, False, YES),
        (chosen(("arn:aws:s3:*",)), BUCKET, False, NO),
        # Aurora shares its ARN's form with DocumentDB, Neptune and RDS Multi-AZ clusters
        (chosen(("arn:aws:rds:*:*:cluster:*",)), CLUSTER, False, NO),
        (chosen(("arn:aws:rds:*:*:cluster:*",)), CLUSTER, True, YES),
        (chosen((CLUSTER,)), CLUSTER, False, NO),
        (chosen((CLUSTER,)), CLUSTER, None, UNKNOWN),
    ],
)
def test_the_opt_in(selection: Selection, arn: str, opted_in: bool | None, expected: SelectionAnswer) -> None:  # noqa: FBT001 -- a case
    """Tags, `*` and a service respect the opt-in; naming the type overrides it, but not for shared ARNs."""
    region = {} if opted_in is None else {TYPES[arn]: opted_in}
    assert decide(thing(arn, {"a": "1"}), selection, opted_in=region).outcome is expected


def test_a_multi_az_cluster_hangs_on_the_opt_in_of_rds() -> None:
    """The same ARN as Aurora's, but RDS's own opt-in decides."""
    cluster, selection = thing(CLUSTER, kind="RDS"), chosen((CLUSTER,))
    assert decide(cluster, selection, opted_in={"Aurora": False, "RDS": True}).outcome is YES
    assert decide(cluster, selection, opted_in={"Aurora": True, "RDS": False}).outcome is NO


@pytest.mark.parametrize(
    ("change", "selection", "outcomes"),
    [
        (
            {"absent_tag": AbsentTag.HOLDS},
            chosen(("*",), where=(("StringNotEquals", "b", "no"),)),
            (UNKNOWN, YES),
        ),
        (
            {"absent_tag": AbsentTag.FAILS},
            chosen(("*",), where=(("StringNotLike", "b", "no"),)),
            (UNKNOWN, NO),
        ),
        ({"arn_wildcards": ArnWildcards.END}, chosen(("arn:aws:ec2:*:*:volume/*",)), (YES, NO)),
        ({"arn_wildcards": ArnWildcards.END}, chosen(("arn:aws:ec2:*",)), (YES, YES)),
        ({"arn_wildcards": ArnWildcards.END}, chosen(("*",), without=("*:volume/*",)), (NO, YES)),
        ({"empty_selection": EmptySelection.NOTHING}, chosen(), (YES, NO)),
        ({"list_of_tags_prefix": ListOfTagsPrefix.ACCEPTED}, chosen(tags={PREFIXED: "x y"}), (UNKNOWN, YES)),
        ({"list_of_tags_prefix": ListOfTagsPrefix.REFUSED}, chosen(tags={PREFIXED: "x y"}), (UNKNOWN, NO)),
        ({"list_of_tags_prefix": ListOfTagsPrefix.ACCEPTED}, chosen(tags={PREFIXED: "x"}), (NO, NO)),
        ({"list_of_tags_prefix": ListOfTagsPrefix.REFUSED}, chosen(tags={"t": "x y"}), (YES, YES)),
        ({"like_whitespace": LikeWhitespace.MATCHES}, like("StringLike", "x*"), (UNKNOWN, YES)),
        ({"like_whitespace": LikeWhitespace.DIFFERS}, like("StringLike", "x*"), (UNKNOWN, NO)),
        ({"like_whitespace": LikeWhitespace.MATCHES}, like("StringNotLike", "x*"), (UNKNOWN, NO)),
        ({"like_whitespace": LikeWhitespace.DIFFERS}, like("StringNotLike", "x*"), (UNKNOWN, YES)),
        ({"like_whitespace": LikeWhitespace.DIFFERS}, like("StringLike", "x *"), (YES, YES)),
        ({"like_whitespace": LikeWhitespace.MATCHES}, like("StringLike", "y*"), (NO, NO)),
        ({"like_whitespace": LikeWhitespace.MATCHES}, like("StringEquals", "x*"), (NO, NO)),
    ],
)
def test_a_setting_decides_where_the_documents_disagree(
    change: dict[str, Any], selection: Selection, outcomes: tuple[SelectionAnswer, SelectionAnswer]
) -> None:
    """Each setting changes its own question; the first outcome is the default's."""
    changed = SelectionSettings(**change)
    found = [
        decide(thing(tags={"t": "x y"}), selection, opted_in=ALL_IN, settings=s).outcome
        for s in (SelectionSettings(), changed)
    ]
    assert tuple(found) == outcomes


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (chosen((VOLUME,), {PREFIXED: "x"}), YES),
        (chosen(tags={PREFIXED: "x", "t": "x"}), YES),
        (chosen(tags={PREFIXED: "x"}, where=(("StringEquals", "t", "y"),)), NO),
        (chosen(tags={PREFIXED: "x"}, without=(VOLUME,)), NO),
    ],
)
def test_an_entry_that_is_undecided_leaves_what_others_decide(
    selection: Selection, expected: SelectionAnswer
) -> None:
    """Another entry selects; a condition or NotResources takes away, whatever the entry would do."""
    assert decide(thing(tags={"t": "x"}), selection, opted_in=ALL_IN).outcome is expected


def test_an_unknown_operator_is_refused() -> None:
    """A condition that AWS does not know is an error of the document, not a silent no."""
    with pytest.raises(UsageError, match="'StringMaybe' is unknown; use one of StringEquals, StringLike"):
        Matcher(chosen(("*",), where=(("StringMaybe", "a", "b"),)), opted_in={})


def test_text_that_is_no_arn_is_only_not_matched() -> None:
    """A malformed identifier is compared as text."""
    assert decide(thing("bucket", kind="S3"), chosen(("arn:aws:s3:::*",)), opted_in=ALL_IN).outcome is NO
    assert decide(thing("bucket", kind="S3"), chosen(("*",)), opted_in=ALL_IN).outcome is YES


def test_many_resources_cost_a_few_decisions() -> None:
    """Resources that differ in id and Name only are judged once, whatever their number."""
    selection = chosen(
        ("arn:aws:ec2:*:*:volume/*",), {"tier": "gold"}, (("StringNotEquals", "env", "dev"),), (INSTANCE,)
    )
    resources = [
        thing(f"{VOLUME}{i}", {"Name": f"n{i}", "tier": ("gold", "silver")[i % 2], "env": "prod"}, "EBS")
        for i in range(200)
    ]
    matcher = Matcher(selection, opted_in=ALL_IN)
    assert {matcher.decide(resource).outcome for resource in resources} == {YES}
    assert len(matcher._cache) == 2


def test_memory_is_bounded_when_every_resource_is_its_own_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """A selection by Name makes each resource a case of its own; the cache is emptied, answers stay right."""
    monkeypatch.setattr(module, "_CACHE_LIMIT", 3)
    matcher = Matcher(chosen(tags={"Name": "n4"}), opted_in=ALL_IN)
    decisions = [matcher.decide(thing(tags={"Name": f"n{i}"})).outcome for i in range(10)]
    assert decisions == [YES if i == 4 else NO for i in range(10)]
    assert len(matcher._cache) <= 3


@pytest.mark.parametrize(
    ("selection", "opted_in", "expected"),
    [
        (chosen((VOLUME,)), ALL_IN, YES),
        (chosen((VOLUME,), {"a": "1"}), ALL_IN, YES),
        (chosen((INSTANCE,)), ALL_IN, NO),
        (chosen((INSTANCE,), {"a": "1"}), ALL_IN, UNKNOWN),
        (chosen(tags={"a": "1"}), ALL_IN, UNKNOWN),
        (chosen(tags={"a": "1"}), {"EBS": False}, NO),
        (chosen(("*",), where=(("StringEquals", "a", "1"),)), ALL_IN, UNKNOWN),
        (chosen((INSTANCE,), where=(("StringEquals", "a", "1"),)), ALL_IN, NO),
        (chosen(("*",), without=(VOLUME,), where=(("StringEquals", "a", "1"),)), ALL_IN, NO),
    ],
)
def test_tags_that_were_not_read_decide_nothing(
    selection: Selection, opted_in: dict[str, bool], expected: SelectionAnswer
) -> None:
    """Neither that it is selected nor that it is not; ARN and opt-in still decide."""
    assert Matcher(selection, opted_in=opted_in).decide_without_tags(thing()).outcome is expected
