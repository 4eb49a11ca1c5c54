"""Why a resource is selected or not: the steps of the explanation, and the sentences about what is odd."""

import pytest

from auditor.derive.selection import (
    ArnWildcards,
    Decision,
    ListOfTagsPrefix,
    SelectionSettings,
    decide,
)
from auditor.model.organization import Resource
from auditor.model.plans import Selection
from tests.unit.derive.selections import (
    ALL_IN,
    BUCKET,
    CLUSTER,
    NO,
    PREFIXED,
    VOLUME,
    chosen,
    thing,
)


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
