"""A pull request to the sample organization: a finding and a pass of what is asked only before a change."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.check.run import CheckOptions, judge_inputs
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from auditor.rego.load import open_engine
from auditor.sandbox.organization import sample_folder
from tests.check.conftest import AS_OF
from tests.check.terraform import ACCOUNT

FOLDER = sample_folder() / "pull-request"
ROWS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "expected.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The shipped policies with the tiers of the sample."""
    return Catalogue.load(tiers=sample_folder() / "tiers.yaml")


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Iterator[Engine]:
    """Those controls in an engine."""
    wanted = {one.path for one in catalogue.controls if one.id in {row["control"] for row in ROWS}}
    modules = {path: text for path, text in catalogue.modules.items() if path in wanted or path[:4] == "lib/"}
    found = open_engine("embedded", modules, catalogue.data)
    yield found
    found.close()


@pytest.mark.parametrize("row", ROWS, ids=[row["control"] for row in ROWS])
def test_each_control_has_its_finding_and_its_pass(
    catalogue: Catalogue, engine: Engine, row: dict[str, Any]
) -> None:
    """As the table beside it says: one finding, so many passes, and nothing else that is to be looked at."""
    only = tuple(one for one in catalogue.controls if one.id == row["control"])
    paths = tuple(FOLDER / name for name in row["files"])
    options = CheckOptions(ACCOUNT, "", "Production/Payments")

    result = judge_inputs(
        read_inputs(paths, Assumed(ACCOUNT, "")), engine, replace(catalogue, controls=only),
        Settings(as_of=AS_OF), options,
    )  # fmt: skip

    found = [
        (one.declaration.address, str(one.verdict), reason.code)
        for one in result.entries
        for reason in one.reasons
    ]
    assert found == [(row["finding"], "NON_COMPLIANT", row["code"])]
    assert result.counts.get("COMPLIANT", 0) == row["passes"]
