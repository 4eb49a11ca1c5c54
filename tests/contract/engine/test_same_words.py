"""The demo's organization as plans of Terraform and as templates has the verdicts of its audit."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.check.result import CheckResult
from auditor.check.run import CheckOptions, judge_inputs
from auditor.evaluate.opt_in import of_the_organization
from auditor.evidence.store import Evidence
from auditor.judge.sinks import VERDICTS
from auditor.model.settings import Settings
from auditor.rego.load import open_engine
from auditor.sandbox.organization import sample_folder
from tests.contract.engine.declared import Recorded
from tests.demo import Demo

SILENT = ("COMPLIANT", "NOT_APPLICABLE")
Key = tuple[str, str]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The policies of the sample, of which the controls that a check and an audit both ask."""
    found = Catalogue.load(tiers=sample_folder() / "tiers.yaml")
    return replace(
        found, controls=tuple(one for one in found.controls if set(one.moments) == {"check", "audit"})
    )


def audited(run: Path, catalogue: Catalogue, account_id: str) -> dict[Key, str]:
    """The audit's verdicts of these controls in an account, by control and ARN; of what is declared there.

    A plan that a policy of the organization made is declared by that policy.
    """
    columns = ["control_id", "arn", "account_id", "verdict"]
    table = pq.ParquetFile(run / VERDICTS).read(columns=columns)
    return {
        (row["control_id"], row["arn"]): row["verdict"]
        for row in table.to_pylist()
        if row["control_id"] in catalogue.control_ids
        and row["account_id"] == account_id
        and not of_the_organization(row["arn"].partition(":backup-plan:")[2])
    }


def told(result: CheckResult, arns: Mapping[str, str]) -> dict[Key, str]:
    """What the check says of whatever is no pass, by control and the ARN that the evidence has."""
    return {
        (one.control_id, arns[f"{one.declaration.file} {one.declaration.address}"]): str(one.verdict)
        for one in result.entries
    }


def inputs_of(places: Sequence[Recorded], folder: Path, template: str) -> tuple[list[Path], dict[str, str]]:
    """The files of an account and the ARN of each address; the Region `template` is one, the others plans."""
    files: list[Path] = []
    arns: dict[str, str] = {}
    for place in places:
        is_template = place.region == template
        document, addresses = place.template() if is_template else place.terraform()
        for name, content in ((place.region, document), *([("opt-ins", place.settings())] * is_template)):
            files.append(folder / f"{name}.json")
            files[-1].write_bytes(orjson.dumps(content))
        file = folder / f"{place.region}.json"
        arns |= {f"{file} {address}": arn for address, arn in addresses.items()}
    return files, arns


def test_what_is_declared_has_the_verdicts_of_the_audit(
    shared_demo: Demo, catalogue: Catalogue, tmp_path: Path
) -> None:
    """In each account that was read whole, of each resource and plan: as plans, and a Region as a template.

    A plan that selects nothing of a tier is held against the tier that it is written for, which an audit
    leaves out; what jobs tell an audit of a tag that is not there is the reading `holds`; and a vault that
    no input declares may be there, which an audit knows better.
    """
    evidence = Evidence.open(shared_demo.run)
    settings = Settings(as_of=datetime.fromisoformat(evidence.metadata["as_of"]), absent_tag="holds")
    gaps = set(evidence.read("gaps", columns=["account_id"])["account_id"].to_pylist())
    whole = [row for row in evidence.read("accounts").to_pylist() if row["account_id"] not in gaps]
    compared = Counter[str]()
    with closing(open_engine("embedded", catalogue.modules, catalogue.data)) as engine:
        for row in whole:
            account_id = row["account_id"]
            here = [region for account, region in sorted(evidence.partitions()) if account == account_id]
            places = [Recorded.of(evidence, account_id, region) for region in here]
            expected = audited(shared_demo.run, catalogue, account_id)
            nowhere = [arn for place in places for arn in place.led_nowhere()]
            expected |= {("BKP-IMM-002", arn): "INSUFFICIENT_DATA" for arn in nowhere}
            for template in ("", *here):
                files, arns = inputs_of(places, tmp_path, template)
                inputs = read_inputs(tuple(files), Assumed(account_id, template))
                options = CheckOptions(account_id, template, "/".join(row["ou_path"]))
                result = judge_inputs(inputs, engine, catalogue, settings, options)

                open_ = {key: verdict for key, verdict in expected.items() if verdict not in SILENT}
                assert told(result, arns) == open_, (row["name"], template)
                assert sum(result.counts.values()) == len(expected), (row["name"], template)
            compared += Counter(expected.values())

    assert len(whole) > 5
    assert min(compared[verdict] for verdict in ("COMPLIANT", "NON_COMPLIANT")) > 5
