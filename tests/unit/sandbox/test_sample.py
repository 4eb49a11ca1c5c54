"""The sample organization and the table of what an audit must find in it speak of the same things."""

from collections import Counter

import pytest
import yaml

from auditor.catalogue.annotations import annotated
from auditor.catalogue.load import Catalogue
from auditor.sandbox.organization import SampleOrganization, sample_folder
from tests.expected import expected_rows

ROWS = expected_rows()


def test_the_sample_has_the_promised_size() -> None:
    """A management account and at least six members in three units, two Regions, six resource types."""
    sample = SampleOrganization.load()
    resources = [(account, row) for account in sample.everyone() for row in account.resources]

    assert set(sample.regions) == {"aws", "aws-cn", "aws-us-gov"}
    assert len(sample.accounts) >= 6
    assert {account.ou_path[0] for account in sample.accounts} == {"Production", "Development", "Security"}
    assert {row.type for _, row in resources} == {"Aurora", "DynamoDB", "EBS", "EC2", "RDS", "S3"}
    assert {row.place for _, row in resources} == {"primary", "secondary"}
    assert 95 <= len(resources) <= 110


def test_expected_findings_name_what_is_there() -> None:
    """Each row's control and code are in the catalogue, its subject in the sample or made later."""
    sample = SampleOrganization.load()
    controls = {control.id: control for control in Catalogue.load().controls}
    accounts = {account.name: account for account in sample.everyone()}
    made_later = {"lab-quick-test", "lab"}
    plans_and_vaults = {"backup-gold", "backup-silver", "backup-bronze"}

    for row in ROWS:
        control, account = controls[row["control"]], accounts[row["account"]]
        if row["verdict"] in ("NON_COMPLIANT", "WAIVED"):
            assert row["code"] in control.reasons, row
        else:
            assert row["verdict"] == "INSUFFICIENT_DATA", row
            assert row["code"] in ("evidence_gap", "attested"), row
        names = {resource.name for resource in account.resources if resource.place == row["region"]}
        others = plans_and_vaults | made_later | controls.keys() | {account.name, "key", "gone"}
        assert row["subject"] in names | others, row
    assert Counter(len(row) for row in ROWS) == {6: len(ROWS)}


def test_no_expected_finding_is_written_twice() -> None:
    """A row is a finding; two equal rows would be two findings of one subject."""
    assert [row for row, count in Counter(tuple(row.values()) for row in ROWS).items() if count > 1] == []


def test_every_control_is_broken_somewhere() -> None:
    """The sample shows each control at work, but for those whose METADATA says why it does not."""
    catalogue = Catalogue.load()
    broken = {row["control"] for row in ROWS if row["verdict"] == "NON_COMPLIANT"}
    excused = {
        control.id
        for control in catalogue.controls
        if "no_sample_fault"
        in annotated(catalogue.modules[control.path], control.path).metadata.value["custom"]
    }

    assert excused & broken == set()
    assert excused | broken == catalogue.control_ids


@pytest.mark.parametrize(
    ("named", "table"),
    [
        ("audit-manager.yaml", "audit-manager.yaml"),
        ("later-runs.yaml", "later-runs.yaml"),
        ("pull-request", "pull-request/expected.yaml"),
    ],
)
def test_a_control_without_a_fault_that_names_another_table_is_in_it(named: str, table: str) -> None:
    """The controls of the other tables are those whose METADATA sends its reader there."""
    catalogue = Catalogue.load()
    rows = yaml.safe_load((sample_folder() / table).read_text(encoding="utf-8"))
    told = {
        control.id
        for control in catalogue.controls
        if f"examples/organization/{named}" in catalogue.modules[control.path]
    }

    assert [row["control"] for row in rows] == sorted(told)
