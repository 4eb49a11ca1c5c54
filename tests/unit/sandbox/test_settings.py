"""By what the sample organization is judged: files that are filled in, beside the shipped policies."""

from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.attestations import load_attestations
from auditor.catalogue.load import Catalogue
from auditor.catalogue.waivers import Limit, load_waivers
from auditor.model.errors import UsageError
from auditor.sandbox.organization import SampleOrganization
from auditor.sandbox.settings import filled, write_settings

SAMPLE = SampleOrganization.load()
TOLD: dict[str, Any] = {
    "partition": "aws-cn",
    "regions": ["cn-north-1", "cn-northwest-1"],
    "accounts": {account.name: f"{n:012}" for n, account in enumerate(SAMPLE.everyone(), 1)},
}


def test_what_is_written_is_read_as_an_audit_reads_it(tmp_path: Path) -> None:
    """Whole policies with the tiers, parameters and matters of the sample; every name is filled in."""
    written = write_settings(tmp_path, TOLD)
    again = write_settings(tmp_path, TOLD)

    found = Catalogue.load(written["policies"])
    parameters, shipped = found.data["parameters"], Catalogue.load().data["parameters"]
    limit = Limit(SAMPLE.start.date(), 365)
    assert (again, list(written)) == (written, ["policies", "waivers", "attestations"])
    assert found.control_ids == Catalogue.load().control_ids
    assert (found.tiers.default, "records" in found.tiers.tiers) == ("unclassified", True)
    assert parameters["organization"] == shipped["organization"]
    assert parameters["controls"] == {
        **shipped["controls"], "waiver_max_percent": 20, "attestation_max_percent": 16,
    }  # fmt: skip
    assert parameters["evidence"]["destroyers"] == {
        "guardians": ["arn:aws-cn:iam::*:role/break-glass"],
        "apart_from_operators": False,
    }
    assert [(matter.accounts, matter.regions) for matter in found.matters] == [
        ((TOLD["accounts"]["crm"],), ("cn-north-1",)),
        ((TOLD["accounts"]["web-shop"],), ("cn-north-1",)),
    ]
    assert len(load_waivers(written["waivers"], found.controls, limit).entries) == 4
    assert len(load_attestations(written["attestations"], found.controls).entries) == 4


def test_a_name_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the file and the word."""
    (tmp_path / "waivers.yaml").write_text('account: "${account:nobody}"')
    monkeypatch.setattr("auditor.sandbox.settings.sample_folder", lambda: tmp_path)
    with pytest.raises(UsageError, match=r"waivers\.yaml: \$\{account:nobody\} is not a name of the sample"):
        filled("waivers", TOLD)
