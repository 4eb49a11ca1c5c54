"""What FSx makes a backup of is judged, and what it makes none of is not looked at (aws-backup.md 1.2)."""

from typing import Any

import pytest

from tests.check.conftest import Check, said_of
from tests.check.terraform import ACCOUNT, REGION, Later, protected

COVERED = "BKP-COV-001"
TERRAFORM: list[tuple[str, dict[str, Any], bool]] = [
    ("aws_fsx_ontap_volume", {"ontap_volume_type": "RW"}, True),
    ("aws_fsx_ontap_volume", {"ontap_volume_type": "DP"}, False),
    ("aws_fsx_ontap_file_system", {"deployment_type": "SINGLE_AZ_1"}, False),
    ("aws_fsx_lustre_file_system", {"deployment_type": "PERSISTENT_2"}, True),
    ("aws_fsx_lustre_file_system", {"deployment_type": "SCRATCH_2"}, False),
    ("aws_fsx_lustre_file_system", {"deployment_type": "PERSISTENT_1", "import_path": "s3://films"}, False),
    ("aws_fsx_openzfs_file_system", {"deployment_type": "SINGLE_AZ_1"}, True),
]
LUSTRE = {"FileSystemType": "LUSTRE"}
CLOUDFORMATION: list[tuple[str, dict[str, Any], bool]] = [
    ("Volume", {"VolumeType": "ONTAP", "OntapConfiguration": {"OntapVolumeType": "RW"}}, True),
    ("Volume", {"VolumeType": "ONTAP", "OntapConfiguration": {"OntapVolumeType": "DP"}}, False),
    ("Volume", {"VolumeType": "OPENZFS"}, False),
    ("FileSystem", {"FileSystemType": "ONTAP"}, False),
    ("FileSystem", LUSTRE, True),
    ("FileSystem", {**LUSTRE, "LustreConfiguration": {"DeploymentType": "SCRATCH_1"}}, False),
    ("FileSystem", {**LUSTRE, "LustreConfiguration": {"ImportPath": "s3://films"}}, False),
    ("FileSystem", {**LUSTRE, "LustreConfiguration": {"DeploymentType": {"Ref": "SCRATCH"}}}, True),
]


@pytest.mark.parametrize(("kind", "values", "backed_up"), TERRAFORM, ids=str)
def test_what_terraform_makes_of_fsx(
    check: Check,
    kind: str,
    values: dict[str, Any],
    backed_up: bool,  # noqa: FBT001 -- a case
) -> None:
    """No plan selects it: a finding where a backup could be made of it."""
    plan = protected().add(f"{kind}.data", id=Later("fsx-1"), tags={}, tags_all={}, **values)

    result = check(plan.first())

    expected = {(COVERED, f"{kind}.data", "NON_COMPLIANT", "not_selected")} if backed_up else set()
    assert said_of(result) == expected
    assert result.not_looked_at == ({} if backed_up else {kind: 1})


@pytest.mark.parametrize(("kind", "properties", "backed_up"), CLOUDFORMATION, ids=str)
def test_what_a_template_makes_of_fsx(
    check: Check,
    kind: str,
    properties: dict[str, Any],
    backed_up: bool,  # noqa: FBT001 -- a case
) -> None:
    """The same, beside a plan of Terraform that selects by another tag."""
    resource = {"Type": f"AWS::FSx::{kind}", "Properties": properties}
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Data": resource}}

    result = check(protected().first(), template, account=ACCOUNT, region=REGION)

    expected = {(COVERED, "Data", "NON_COMPLIANT", "not_selected")} if backed_up else set()
    assert said_of(result) == expected


def test_the_arn_of_a_volume_has_its_file_system(check: Check) -> None:
    """A selection names it."""
    arn = f"arn:aws:fsx:{REGION}:{ACCOUNT}:volume/fs-1/fsvol-1"
    plan = protected()
    chosen = next(one for one in plan.changes if one["type"] == "aws_backup_selection")
    chosen["change"]["after"]["resources"] = [arn]
    plan.add("aws_fsx_ontap_volume.data", id="fsvol-1", file_system_id="fs-1", tags={}, tags_all={})
    plan.add("aws_fsx_ontap_volume.other", id="fsvol-2", file_system_id="fs-1", tags={}, tags_all={})

    assert said_of(check(plan.first(), account=ACCOUNT)) == {
        (COVERED, "aws_fsx_ontap_volume.other", "NON_COMPLIANT", "not_selected")
    }


def test_lustre_that_a_plan_links_to_a_bucket_is_left_out(check: Check) -> None:
    """By an association that the same plan makes; another one is judged, and odd values are no crash."""
    lustre, association = "aws_fsx_lustre_file_system", "aws_fsx_data_repository_association"
    plan = protected()
    for name in ("films", "other"):
        plan.add(
            f"{lustre}.{name}", id=Later(f"fs-{name}"), deployment_type="PERSISTENT_2", tags={}, tags_all={}
        )
    plan.add(f"{association}.films", file_system_id=Later("fs-films", [f"{lustre}.films.id"]))
    for number, odd in enumerate(("", None, 1, ["fs-other"], {"id": "fs-other"})):
        plan.add(f"{association}.odd{number}", file_system_id=odd)

    for document in (plan.first(), plan.second()):
        found = said_of(check(document))
        assert found == {(COVERED, f"{lustre}.other", "NON_COMPLIANT", "not_selected")}


@pytest.mark.parametrize(
    ("more", "beside", "left_out"),
    [
        ({}, {}, True),
        ({"Condition": "Yes"}, {}, True),
        ({"Condition": "No"}, {}, False),
        ({"Condition": "Yes"}, {"Condition": "No"}, True),
        ({"Condition": "Unsaid"}, {"Condition": "Yes"}, True),
        ({"Condition": "No"}, {"Properties": {"FileSystemId": {"Ref": ["Films"]}}}, False),
    ],
)
def test_lustre_that_a_template_links_to_a_bucket_is_left_out(
    check: Check,
    more: dict[str, Any],
    beside: dict[str, Any],
    left_out: bool,  # noqa: FBT001 -- a case
) -> None:
    """By a Ref to it, where one of its links is made; another file system is judged."""
    system = {"Type": "AWS::FSx::FileSystem", "Properties": LUSTRE}
    link = {"Type": "AWS::FSx::DataRepositoryAssociation", "Properties": {"FileSystemId": {"Ref": "Films"}}}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Conditions": {
            "Yes": {"Fn::Equals": ["a", "a"]},
            "No": {"Fn::Equals": ["a", "b"]},
            "Unsaid": {"Fn::Equals": [{"Ref": "Unsaid"}, "a"]},
        },
        "Resources": {
            "Films": system,
            "Other": system,
            "Link": {**link, **more},
            **({"Link2": {**link, **beside}} if beside else {}),
        },
    }

    found = said_of(check(protected().first(), template, account=ACCOUNT, region=REGION))

    judged = ["Other"] if left_out else ["Films", "Other"]
    assert found == {(COVERED, name, "NON_COMPLIANT", "not_selected") for name in judged}
