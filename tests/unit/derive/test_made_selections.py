"""How the selections of a plan differ from what an effective backup policy wants, and what is not known."""

from typing import Any

import pytest

from auditor.derive.backup_policies import plans_of
from auditor.derive.effective_policy import PolicyDifferences
from auditor.derive.made_selections import selection_differences, wanted_selections
from auditor.model.plans import Selection
from tests.unit.derive.test_effective_policy import ACCOUNT, EFFECTIVE, REGION, TAGGED, changed

ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
VOLUMES, TABLES = "arn:aws:ec2:*:*:volume/*", "arn:aws:dynamodb:*:*:table/*"
PRODUCTION = {"condition_key": "aws:ResourceTag/env", "condition_value": "production"}
CONDITIONS = {"string_equals": {"one": PRODUCTION}}
HELD = {"StringEquals": [{"ConditionKey": "aws:ResourceTag/env", "ConditionValue": "production"}]}
GOLD = {"StringEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "gold"}]}
BY_TAGS = changed(EFFECTIVE, "plans", "gold", "selections", "tags", "tagged", "conditions", value=CONDITIONS)
BY_TYPES = changed(
    EFFECTIVE,
    "plans",
    "gold",
    "selections",
    value={
        "resources": {
            "all": {
                "iam_role_arn": TAGGED["iam_role_arn"],
                "resource_types": [VOLUMES, TABLES],
                "not_resource_types": ["arn:aws:s3:::*"],
                "conditions": CONDITIONS,
            }
        }
    },
)


def tag(value: str, key: str = "backup") -> dict[str, str]:
    """An entry of ListOfTags."""
    return {"ConditionType": "STRINGEQUALS", "ConditionKey": key, "ConditionValue": value}


TAGGED_MADE = {"SelectionName": "tagged", "IamRoleArn": ROLE, "ListOfTags": [tag("gold"), tag("iron")],
               "Conditions": HELD}  # fmt: skip
TYPES_MADE = {"SelectionName": "all", "IamRoleArn": ROLE, "Resources": [VOLUMES, TABLES],
              "NotResources": ["arn:aws:s3:::*"], "Conditions": HELD}  # fmt: skip


def differences(effective: Any, *made: dict[str, Any]) -> PolicyDifferences:
    """How these selections differ from the policy's."""
    (plan,) = plans_of(effective)
    found = [
        Selection.from_document(document, plan_id="orgs/1", selection_id=f"s{number}")
        for number, document in enumerate(made)
    ]
    place = (ACCOUNT, REGION)
    return selection_differences(wanted_selections(plan, *place), found, place)


@pytest.mark.parametrize(
    ("effective", "made"),
    [
        (BY_TAGS, [TAGGED_MADE]),
        (BY_TAGS, [TAGGED_MADE | {"SelectionName": "Tagged", "ListOfTags": [tag("iron"), tag("gold")]}]),
        (BY_TAGS, [TAGGED_MADE | {"SelectionName": a, "ListOfTags": [tag(a)]} for a in ("iron", "gold")]),
        (BY_TAGS, [TAGGED_MADE | {"ListOfTags": [tag("gold", "aws:ResourceTag/backup"), tag("iron")]}]),
        (
            changed(EFFECTIVE, "plans", "gold", "selections", "tags", "tagged", "tag_value", value=["gold"]),
            [{"SelectionName": "b", "IamRoleArn": ROLE, "Resources": ["*"], "Conditions": GOLD}],
        ),
        (BY_TYPES, [TYPES_MADE]),
        (BY_TYPES, [TYPES_MADE | {"Resources": [TABLES.replace("*:*", f"{REGION}:{ACCOUNT}"),
                                                VOLUMES.replace("*:*", f"{REGION}:*")]}]),
    ],
    ids=["tags", "order and case", "one each", "prefix", "tag as condition", "types", "place"],
)  # fmt: skip
def test_what_chooses_the_same_is_no_difference(effective: Any, made: list[dict[str, Any]]) -> None:
    """AWS does not say in which form it keeps what the policy says."""
    assert differences(effective, *made) == ((), ())


OTHER = {"StringLike": HELD["StringEquals"]}


@pytest.mark.parametrize(
    ("effective", "made", "said"),
    [
        (BY_TAGS, {"IamRoleArn": f"{ROLE}2"}, [f"of selection tagged the role is {ROLE}2 and not {ROLE}"]),
        (BY_TAGS, {"IamRoleArn": None}, [f"of selection tagged the role is missing and not {ROLE}"]),
        (BY_TAGS, {"ListOfTags": [tag("gold")]}, ["a part of selection tagged is missing"]),
        (BY_TAGS, {"ListOfTags": [tag("Gold"), tag("iron")]},
         ["of selection tagged the tags or resources are other ones"]),
        (BY_TAGS, {"ListOfTags": [tag("gold", "Backup"), tag("iron")]},
         ["of selection tagged the tags or resources are other ones"]),
        (BY_TAGS, {"ListOfTags": [tag("gold"), tag("iron"), tag("tin")]},
         ["selection tagged chooses what is in no policy"]),
        (BY_TAGS, {"Conditions": {}}, ["of selection tagged the conditions are other ones"]),
        (BY_TAGS, {"Conditions": OTHER}, ["of selection tagged the conditions are other ones"]),
        (BY_TAGS, {"Conditions": {}, "SelectionName": "x"},
         ["selection tagged is missing", "selection x chooses what is in no policy"]),
        (BY_TYPES, {"NotResources": []}, ["of selection all the resources left out are other ones"]),
        (BY_TYPES, {"Resources": [VOLUMES, TABLES.replace("*:*", f"eu-west-1:{ACCOUNT}")]},
         ["of selection all the tags or resources are other ones"]),
        (BY_TYPES, {"Resources": ["*"]}, ["of selection all the tags or resources are other ones"]),
    ],
)  # fmt: skip
def test_what_chooses_otherwise_is_named(effective: Any, made: dict[str, Any], said: list[str]) -> None:
    """By the part where the name tells which selection it is; keys and values are compared by case."""
    whole = TAGGED_MADE if effective is BY_TAGS else TYPES_MADE
    assert differences(effective, whole | made) == (tuple(said), ())


def test_what_the_policy_does_not_say_is_not_known() -> None:
    """Of a selection without types AWS does not say what it selects, so that nothing is too much."""
    without = changed(BY_TYPES, "plans", "gold", "selections", "resources", "all", "resource_types")
    assert differences(without, TYPES_MADE) == ((), ("selection all: it names neither tags nor resources",))
    nameless = changed(BY_TAGS, "plans", "gold", "selections", "tags", "tagged", "tag_key", value="")
    assert differences(nameless, TAGGED_MADE) == ((), ("selection tagged: ConditionKey is missing",))


def test_what_a_selection_that_names_nothing_chooses_is_not_known() -> None:
    """The documents disagree, so it may choose what is missing; what is too much is certain."""
    empty = {"SelectionName": "empty", "IamRoleArn": ROLE, "Conditions": HELD}
    found = differences(BY_TAGS, empty, TYPES_MADE)
    assert found == (
        ("selection all chooses what is in no policy",),
        ("selection empty: it names neither tags nor resources",),
    )
