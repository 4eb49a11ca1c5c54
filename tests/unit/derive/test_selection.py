"""Which resources a selection protects, and why."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.derive import selection as module
from auditor.derive.selection import (
    AbsentTag,
    ArnWildcards,
    Decision,
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
from auditor.model.plans import Condition, Selection

YES, NO, UNKNOWN = SelectionAnswer.SELECTED, SelectionAnswer.NOT_SELECTED, SelectionAnswer.INDETERMINATE
VOLUME = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1"
INSTANCE = "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"
BUCKET = "arn:aws:s3:::ledger-logs"
CLUSTER = "arn:aws:rds:eu-west-1:111122223333:cluster:orders"
TYPES = {VOLUME: "EBS", INSTANCE: "EC2", BUCKET: "S3", CLUSTER: "Aurora"}
ALL_IN = {"EBS": True, "EC2": True, "S3": True, "Aurora": True, "RDS": True}


def thing(
    arn: str = VOLUME, tags: Mapping[str, str] | None = None, kind: str = "", name: str = ""
) -> Resource:
    """A resource of one of the ARNs above."""
    return Resource(arn, "111122223333", "eu-west-1", kind or TYPES[arn], name, None, tags or {})


def chosen(
    resources: tuple[str, ...] = (),
    tags: Mapping[str, str] | None = None,
    where: tuple[tuple[str, str, str], ...] = (),
    without: tuple[str, ...] = (),
) -> Selection:
    """A selection: Resources, ListOfTags, Conditions and NotResources."""
    conditions = tuple(Condition(*entry) for entry in where)
    return Selection(
        "id", "name", "plan", "role", resources, without, tuple((tags or {}).items()), conditions
    )


PREFIXED = "aws:ResourceTag/t"


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
def test_the_opt_in(selection: Selection, arn: str, opted_in: bool | None, expected: SelectionAnswer) -> None:  # noqa: FBT001
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
    change: dict[str, AbsentTag], selection: Selection, outcomes: tuple[SelectionAnswer, SelectionAnswer]
) -> None:
    """Each setting changes its own question; the first outcome is the default's."""
    changed = SelectionSettings(**change)  # type: ignore[arg-type]
    found = [
        decide(thing(tags={"t": "x y"}), selection, opted_in=ALL_IN, settings=s).outcome
        for s in (SelectionSettings(), changed)
    ]
    assert tuple(found) == outcomes


@pytest.mark.parametrize(
    ("selection", "resource", "steps"),
    [
        (
            chosen(tags={"backup-tier": "gold"}),
            thing(tags={"Backup-Tier": "gold"}),
            (
                "ListOfTags: no entry matches the tags.",
                "Near miss: tag Backup-Tier differs from backup-tier by case only.",
            ),
        ),
        (
            chosen(tags={"backup-tier": "gold"}),
            thing(tags={"backup-tier": "gold "}),
            (
                "ListOfTags: no entry matches the tags.",
                "Near miss: value 'gold ' of tag backup-tier differs from 'gold' by white space only.",
            ),
        ),
        (
            chosen(tags={"backup-tier": "gold"}),
            thing(tags={"backup-tier": "silver"}),
            ("ListOfTags: no entry matches the tags.", "Tag backup-tier is 'silver' instead of 'gold'."),
        ),
        (
            chosen(tags={"aws:ResourceTag/backup": "yes"}),
            thing(tags={"backup": "yes"}),
            (
                (
                    "ListOfTags: aws:ResourceTag/backup='yes' may match: AWS's documents disagree whether"
                    " a key may begin with aws:ResourceTag/; the setting list_of_tags_prefix decides."
                ),
                "EBS is opted in in this Region.",
            ),
        ),
        (
            chosen(tags={"aws:ResourceTag/backup": "yes"}),
            thing(tags={"backup": "no"}),
            ("ListOfTags: no entry matches the tags.", "Tag backup is 'no' instead of 'yes'."),
        ),
        (
            chosen(tags={"a": "1"}, where=(("StringLike", "team", "red*"),)),
            thing(tags={"a": "1", "team": "red one"}),
            (
                "ListOfTags: tag a='1' matches.",
                "Condition StringLike team='red*' cannot be decided: the tag is 'red one'.",
                (
                    "AWS's documents disagree whether `*` in StringLike and StringNotLike matches white"
                    " space; the setting like_whitespace decides."
                ),
                "EBS is opted in in this Region.",
            ),
        ),
        (
            chosen(tags={"a": "1"}, where=(("StringEquals", "env", "prod"),)),
            thing(tags={"a": "1", "env": "Prod"}),
            (
                "ListOfTags: tag a='1' matches.",
                "Condition StringEquals env='prod' does not hold: the tag is 'Prod'.",
                "Near miss: value 'Prod' of tag env differs from 'prod' by case only.",
                "A tag of ListOfTags is not enough: every Condition must hold as well.",
                "EBS is opted in in this Region.",
            ),
        ),
        (
            chosen(("*",), where=(("StringNotEquals", "env", "dev"),)),
            thing(tags={"Env": "dev"}),
            (
                "Resources: * matches the ARN.",
                "Condition StringNotEquals env='dev' cannot be decided: there is no tag env.",
                (
                    "AWS's documents disagree whether a negated condition holds where the tag is absent;"
                    " the setting absent_tag decides."
                ),
                "Near miss: tag Env differs from env by case only.",
                "EBS is opted in in this Region.",
            ),
        ),
        (
            chosen(("arn:aws-cn:ec2:*:*:volume/*",)),
            thing(),
            (
                "Resources: no entry matches the ARN.",
                "Near miss: arn:aws-cn:ec2:*:*:volume/* names partition 'aws-cn', not 'aws'.",
            ),
        ),
        (
            chosen(("arn:aws:ec2:us-east-1:*:volume/*",)),
            thing(),
            (
                "Resources: no entry matches the ARN.",
                "Near miss: arn:aws:ec2:us-east-1:*:volume/* names Region 'us-east-1', not 'eu-west-1'.",
            ),
        ),
        (
            chosen(("arn:aws:ec2:::volume/*",)),
            thing(),
            (
                "Resources: no entry matches the ARN.",
                "Near miss: arn:aws:ec2:::volume/* names Region '', not 'eu-west-1'.",
            ),
        ),
        (
            chosen(("arn:aws:ec2:*:*:Volume/*",)),
            thing(),
            (
                "Resources: no entry matches the ARN.",
                "Near miss: arn:aws:ec2:*:*:Volume/* differs from the ARN by case only.",
            ),
        ),
        (
            chosen(("arn:aws:s3:::*-logs",), without=(BUCKET,)),
            thing(BUCKET),
            (
                (
                    "Resources: arn:aws:s3:::*-logs matches the ARN"
                    " (AWS's API reference allows `*` at the end only, its developer guide anywhere)."
                ),
                f"NotResources: {BUCKET} excludes it.",
                "Resources names the type S3, which needs no opt-in.",
            ),
        ),
        (
            chosen((CLUSTER,), without=(VOLUME,)),
            thing(CLUSTER, kind="Neptune"),
            (
                f"Resources: {CLUSTER} matches the ARN.",
                "NotResources: no entry matches the ARN.",
                (
                    "Whether Neptune is opted in in this Region is unknown"
                    " (several types share this form of ARN, so that naming it is not enough)."
                ),
            ),
        ),
        (
            chosen(),
            thing(tags={"awsbackup-restore-test": ""}),
            (
                "Resources and ListOfTags are empty, which selects every opted-in resource.",
                "EBS is opted in in this Region.",
                "It is a product of restore testing, which AWS Backup leaves out.",
            ),
        ),
    ],
)
def test_the_explanation(selection: Selection, resource: Resource, steps: tuple[str, ...]) -> None:
    """The steps say, in order, what matched, what did not, and what nearly did."""
    assert decide(resource, selection, opted_in=ALL_IN).steps == steps


def test_an_ignored_pattern_is_named() -> None:
    """Under the strict reading a pattern with an inner star is not passed over in silence."""
    strict = SelectionSettings(arn_wildcards=ArnWildcards.END)
    decision = decide(thing(BUCKET), chosen(("arn:aws:s3:::*-logs",)), opted_in=ALL_IN, settings=strict)
    assert decision == Decision(
        NO,
        (
            "Resources: no entry matches the ARN.",
            "arn:aws:s3:::*-logs is ignored: the setting arn_wildcards allows `*` at the end only.",
        ),
    )


def test_a_prefix_that_is_refused_is_named() -> None:
    """It matches no tag, and the sentence says which key would."""
    strict = SelectionSettings(list_of_tags_prefix=ListOfTagsPrefix.REFUSED)
    decision = decide(thing(tags={"t": "1"}), chosen(tags={PREFIXED: "1"}), opted_in=ALL_IN, settings=strict)
    assert decision == Decision(
        NO,
        (
            "ListOfTags: no entry matches the tags.",
            "ListOfTags takes the bare tag key: write t instead of aws:ResourceTag/t.",
        ),
    )


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
