"""An answer or an item of another shape than the API says is a gap with its name, and the rest is judged."""

from pathlib import Path
from typing import Any

import pytest

from tests.loopback import faults
from tests.loopback.auditing import AuditFailed, audit
from tests.loopback.standing import ACCOUNT, HOME, PLAN, VOLUME, plan_arn, standing

#: Each listing of JSON, and its list.
LISTS = {
    "GetResources": "ResourceTagMappingList",
    "ListBackupJobs": "BackupJobs",
    "ListBackupPlanVersions": "BackupPlanVersionsList",
    "ListBackupPlans": "BackupPlansList",
    "ListBackupSelections": "BackupSelectionsList",
    "ListBackupVaults": "BackupVaultList",
    "ListCopyJobs": "CopyJobs",
    "ListRecoveryPointsByBackupVault": "RecoveryPoints",
    "ListTables": "TableNames",
}


def told(judged: Any) -> list[tuple[str, str, str]]:
    """Operation, error and message of each gap of the Region, without the messages of parsers."""
    return [(gap["operation"], gap["error"], gap["message"]) for gap in judged.gaps]


#: The page of a proxy that is well-formed XML.
HTML = b"<html><body>Sign in</body></html>"

#: Of a listing that becomes columns, and of one that does not.
FORMS = [b"{}", b'{"%s": {}}', b'{"%s": "no"}', b"[]", b"null"]


@pytest.mark.parametrize(
    ("operation", "content"),
    [
        *((operation, b'{"%s": null}') for operation in LISTS),
        *((operation, form) for operation in ("ListBackupJobs", "ListBackupPlans") for form in FORMS),
    ],
)
def test_a_listing_without_its_list_is_a_gap(tmp_path: Path, operation: str, content: bytes) -> None:
    """Null, missing or no list: not an empty one, so that nothing passes on it."""
    world = standing(35)
    world.at().tables.append({"TableName": "orders", "TableStatus": "ACTIVE", "CreationDateTime": 1.0})
    body = content.replace(b"%s", LISTS[operation].encode())
    judged = audit(world, tmp_path, faults=[faults.body(operation, body, region=HOME)])
    assert {(gap["operation"], gap["error"]) for gap in judged.gaps} == {(operation, "Unreadable")}
    assert judged.overall != "COMPLIANT"


@pytest.mark.long
@pytest.mark.parametrize(
    ("operation", "content"),
    [
        ("GetBackupPlan", b'{"BackupPlan": null}'),
        ("GetBackupPlan", b'{"BackupPlan": {"Rules": []}}'),
        ("GetBackupPlan", b"{}"),
        ("GetBackupSelection", b'{"BackupSelection": []}'),
        ("GetBackupSelection", b"{}"),
    ],
)
def test_a_document_that_is_none_is_a_gap_with_the_arn_of_the_plan(
    tmp_path: Path, operation: str, content: bytes
) -> None:
    """The plan is unknown; the recovery points are judged all the same."""
    judged = audit(standing(35), tmp_path, faults=[faults.body(operation, content)])
    ((gap_operation, error, message),) = told(judged)
    assert (gap_operation, error) == (operation, "Unreadable")
    assert plan_arn(PLAN) in message
    assert judged.verdict("BKP-COV-001", VOLUME) == "INSUFFICIENT_DATA"
    points = [verdict for (control, _), verdict in judged.verdicts.items() if control == "BKP-RET-002"]
    assert set(points) == {"COMPLIANT"}


def test_two_plans_that_cannot_be_understood_are_two_gaps(tmp_path: Path) -> None:
    """Each names its own."""
    world = standing(35)
    world.plan([], "plan-2")
    judged = audit(world, tmp_path, faults=[faults.body("GetBackupPlan", b'{"BackupPlan": 1}')])
    arns = sorted(message.split()[2] for *_, message in told(judged))
    assert arns == [plan_arn("plan-1"), plan_arn("plan-2")]
    assert all("its BackupPlan is of another type" in message for *_, message in told(judged))


OTHER_TYPE = "is of another type than the API says"


@pytest.mark.long
@pytest.mark.parametrize(
    ("operation", "content", "what", "wrong"),
    [
        (
            "ListBackupPlans",
            b'{"BackupPlansList": [{"BackupPlanArn": "arn:x"}]}',
            "An item of BackupPlansList",
            "it has no BackupPlanId",
        ),
        (
            "ListBackupVaults",
            b'{"BackupVaultList": [{"BackupVaultArn": "arn:aws:backup:eu-west-1:1:backup-vault:x"}]}',
            "An item of BackupVaultList",
            "it has no BackupVaultName",
        ),
        (
            "ListBackupVaults",
            b'{"BackupVaultList": [null]}',
            "An item of BackupVaultList",
            "'NoneType' object is not subscriptable",
        ),
        (
            "ListBackupSelections",
            b'{"BackupSelectionsList": [{"SelectionId": 7}]}',
            "An item of BackupSelectionsList",
            f"its SelectionId {OTHER_TYPE}",
        ),
        (
            "ListBackupJobs",
            b'{"BackupJobs": [{"BackupJobId": "j", "State": "COMPLETED", "CreationDate": 1767400000}]}',
            "An item of BackupJobs",
            "one of job_id, resource_arn, state, created_at is missing",
        ),
        (
            "ListRecoveryPointsByBackupVault",
            b'{"RecoveryPoints": [null]}',
            "An item of RecoveryPoints",
            "one of arn, vault_arn, resource_arn, status, created_at is missing",
        ),
        ("ListTables", b'{"TableNames": [7]}', "An item of TableNames", "a table's name is not a text"),
        (
            "DescribeRegionSettings",
            b'{"ResourceTypeOptInPreference": null}',
            "The answer",
            f"its ResourceTypeOptInPreference {OTHER_TYPE}",
        ),
    ],
)
def test_an_item_that_cannot_be_understood_is_a_gap(
    tmp_path: Path, operation: str, content: bytes, what: str, wrong: str
) -> None:
    """It says what is wrong, and is no crash of what read it."""
    judged = audit(standing(35), tmp_path, faults=[faults.body(operation, content, region=HOME)])
    assert told(judged) == [(operation, "Unreadable", f"{what} cannot be understood: {wrong}.")]
    assert judged.exit_code in (3, 4)


def test_the_good_items_beside_an_odd_one_are_read(tmp_path: Path) -> None:
    """One of two volumes has no id: the other is judged."""
    world = standing(35)
    world.at().volumes.append({"State": "in-use", "Tags": []})
    judged = audit(world, tmp_path)
    assert told(judged) == [
        ("DescribeVolumes", "Unreadable", "An item of Volumes cannot be understood: it has no VolumeId.")
    ]
    assert judged.verdict("BKP-FRQ-001", VOLUME) == "COMPLIANT"
    assert judged.exit_code == 4


def test_nothing_is_odd_in_what_aws_answers(tmp_path: Path) -> None:
    """Empty lists in every protocol: an account in which nothing is has no gap."""
    world = standing(35)
    world.accounts[ACCOUNT].regions[HOME] = type(world.at())(settings=world.at().settings)
    assert audit(world, tmp_path).gaps == []


@pytest.mark.parametrize("operation", ["DescribeOrganization", "ListRoots"])
def test_an_organization_that_cannot_be_understood_is_told(tmp_path: Path, operation: str) -> None:
    """Nothing can be read without the accounts."""
    with pytest.raises(AuditFailed, match=rf"cannot be listed \({operation}: Unreadable\)"):
        audit(standing(35), tmp_path, accounts="organization", faults=[faults.body(operation, b"{}")])


@pytest.mark.long
@pytest.mark.parametrize(
    ("operation", "content"),
    [
        ("ListAccountsForParent", b'{"Accounts": [{"Name": "no id"}]}'),
        ("ListOrganizationalUnitsForParent", b'{"OrganizationalUnits": null}'),
        ("DescribeRegions", b"<DescribeRegionsResponse/>"),
        ("AssumeRole", HTML),
        ("AssumeRole", b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"),
        ("DescribeDBClusters", HTML),
        ("DescribeVolumes", HTML),
        ("ListBuckets", HTML),
    ],
)
def test_accounts_and_regions_that_cannot_be_understood_are_gaps(
    tmp_path: Path, operation: str, content: bytes
) -> None:
    """What they would have named is unknown, and the run goes on."""
    world = standing(35)
    world.account("222233334444", "second")
    judged = audit(world, tmp_path, accounts="organization", faults=[faults.body(operation, content)])
    assert {(gap["operation"], gap["error"]) for gap in judged.gaps} == {(operation, "Unreadable")}
    assert judged.overall == "INSUFFICIENT_DATA"


def test_an_endpoint_that_is_not_sts_ends_the_run(tmp_path: Path) -> None:
    """In one sentence."""
    with pytest.raises(AuditFailed, match="What answers is not AWS STS"):
        audit(standing(35), tmp_path, faults=[faults.body("GetCallerIdentity", HTML)])
