"""The users and roles of an account, and what their policies say: by pages, each document once."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from auditor.evidence.table_schemas import PARTITIONED
from tests.loopback.collecting import Directly, Reading
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, World, standing
from tests.loopback.world import Place

READ = "GetAccountAuthorizationDetails"
TABLES = ("principals", "principal_policies")
MANAGED, BOUNDARY = (f"arn:aws:iam::{ACCOUNT}:policy/{name}" for name in ("cleaning", "boundary"))
POLICY = quote(json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}))
ATTACHED = [{"PolicyName": "cleaning", "PolicyArn": MANAGED}]
INLINE = [{"PolicyName": "own", "PolicyDocument": POLICY}]
ROLE = {"Arn": f"arn:aws:iam::{ACCOUNT}:role/dev", "RoleName": "dev", "AssumeRolePolicyDocument": POLICY,
        "RolePolicyList": INLINE, "PermissionsBoundary": {"PermissionsBoundaryArn": BOUNDARY}}  # fmt: skip
USER = {"Arn": f"arn:aws:iam::{ACCOUNT}:user/alice", "UserName": "alice", "GroupList": ["cleaners"]}
GROUP = {"GroupName": "cleaners", "AttachedManagedPolicies": ATTACHED}
VERSIONS = [{"VersionId": "v2", "Document": POLICY, "IsDefaultVersion": True},
            {"VersionId": "v1", "Document": quote("{}"), "IsDefaultVersion": False}]  # fmt: skip
WHOLE = {
    "UserDetailList": [USER],
    "RoleDetailList": [ROLE],
    "GroupDetailList": [GROUP],
    "Policies": [{"Arn": one, "PolicyVersionList": VERSIONS} for one in (MANAGED, BOUNDARY)],
}


def world(identities: dict[str, Any]) -> World:
    """An organization of one account with these users and roles."""
    made = standing()
    made.accounts[ACCOUNT].identities = identities
    return made


def read(made: World, *faults: Any) -> tuple[Reading, dict[str, str | None]]:
    """What was collected, and the digests of the two tables; None of one without a row."""
    with Directly(made, accounts="organization", regions=()) as directly:
        found = directly.read(*faults)
    return found, {name: found.evidence.get(f"evidence/{name}.parquet") for name in TABLES}


def test_regions_that_are_not_told_leave_identities_known() -> None:
    """Those of an account are in no Region: nothing of them is missing."""
    whole, tables = read(world(WHOLE))
    with Directly(world(WHOLE), accounts="organization") as directly:
        found = directly.read(denied("DescribeRegions"))
    assert (whole.gaps, {name: found.evidence.get(f"evidence/{name}.parquet") for name in TABLES}) == (
        (),
        tables,
    )
    (gap,) = found.gaps
    assert set(gap.provides) == set(PARTITIONED)


def by_kind(_place: Place, given: Mapping[str, Any]) -> dict[str, Any]:
    """A page for each kind, what users and roles refer to last."""
    number = int(given.get("Marker") or 0)
    name = [*WHOLE][number]
    more = {"IsTruncated": True, "Marker": str(number + 1)} if number + 1 < len(WHOLE) else {}
    return {name: WHOLE[name], "IsTruncated": False, **more}


def test_pages_are_put_together() -> None:
    """A user's group, and documents that are attached, come on pages of their own."""
    whole, tables = read(world(WHOLE))
    paged = world({})
    paged.operations["iam", READ] = by_kind
    assert (whole.gaps, read(paged)[1]) == ((), tables)


@pytest.mark.parametrize("lacking", ["GroupDetailList", "Policies"])
def test_what_is_not_told_is_not_what_is_nothing(lacking: str) -> None:
    """The rows are others, and neither is a gap: whoever judges sees that a document is not known."""
    found, tables = read(world({**WHOLE, lacking: []}))
    assert found.gaps == ()
    assert tables["principals"] != read(world(WHOLE))[1]["principals"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"UserDetailList": [{"UserName": "alice"}]},
        {"RoleDetailList": [{"Arn": ROLE["Arn"]}]},
        {"IsTruncated": True},
    ],
    ids=["no-arn", "no-trust", "no-marker"],
)  # fmt: skip
def test_an_answer_that_is_none_leaves_the_account_unknown(wrong: dict[str, Any]) -> None:
    """No row of it is kept, and the gap says why; so it is where the call is denied."""
    for made, faults in ((world({**WHOLE, **wrong}), ()), (world(WHOLE), (denied(READ),))):
        found, tables = read(made, *faults)
        assert [(gap.account_id, gap.operation, gap.provides) for gap in found.gaps] == [
            (ACCOUNT, READ, ("principals",))
        ]
        assert tables == dict.fromkeys(TABLES)
