"""Files that sum up a run name the framework whose controls alone were asked."""

from dataclasses import replace
from pathlib import Path

import pytest

from reports.document import AuditDocument
from reports.render import render

ONE = {"id": "dora", "title": "DORA", "source": "https://example.com", "requirements": []}
SAID = {
    "sarif": b'"auditor/framework":"dora"',
    "junit": b'<property name="auditor.framework" value="dora"/>',
    "markdown": b"Only the controls of the framework dora were asked",
}


@pytest.mark.parametrize("name", [*SAID, "oscal"])
def test_what_sums_up_a_run_names_the_framework_that_was_audited_for(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path, name: str
) -> None:
    """Only where the others were not asked: a run for all controls names none."""
    found = []
    for only in (True, False):
        document = replace(sample, frameworks=({**ONE, "audited_for": only},))
        (made,) = render(document, verdicts_parquet.parent, tmp_path / str(only), [name], warn=pytest.fail)
        found.append(b"".join(made.read_bytes().split(b"\n")))
    wanted = SAID.get(name, b"dora")
    assert [wanted in data for data in found] == [True, False]
