"""Blocks that a plan does not know yet: dynamic ones, or left out. The code tells, where it is at hand."""

from pathlib import Path
from typing import Any

import pytest

from auditor.check.declared import Assumed
from auditor.check.inputs import InputsThen, read_inputs
from auditor.check.reading import Reading
from tests.check.terraform import Later, Plan, backup_plan, by_tag, selection
from tests.check.test_check_command import written

BUCKET = ("aws_s3_bucket", "versioning")
TABLE = ("aws_dynamodb_table", "point_in_time_recovery")
SELECTION = ("aws_backup_selection", "condition")
PLAIN = "# dynamic or not\nlifecycle {}"


def code(kind: str, inside: str) -> str:
    """A file that has the resource."""
    return f'resource "{kind}" "it" {{\n  name = "it"\n  {inside}\n}}\n'


def plan(kind: str, block: str) -> dict[str, Any]:
    """The first plan of a resource that leaves a block out, or has it as a dynamic one that is not known."""
    made = backup_plan(Plan(), "p")
    if kind == SELECTION[0]:
        return selection(made, "it", "p", selection_tag=by_tag("gold"), condition=Later([])).first()
    unknown: dict[str, Any] = {"id": Later("i"), "arn": Later("a"), block: Later([])}
    return made.add(f"{kind}.it", bucket="it", name="it", tags_all={}, **unknown).first()


def said(reading: Reading) -> str:
    """What is taken to be so of the block: off, left out, or unknown."""
    if reading.versionings:
        return reading.versionings[0].status or "unknown"
    if reading.selections:
        return "unknown" if reading.selections[0].selection.fault else "left out"
    (native,) = reading.resources[0].native
    return "unknown" if native.fault else "off"


@pytest.mark.parametrize(
    ("which", "without", "plain"),
    [(BUCKET, "unknown", "off"), (TABLE, "unknown", "off"), (SELECTION, "left out", "left out")],
)
@pytest.mark.parametrize("form", ["", 'dynamic "%s" {}', "dynamic %s {}", 'dynamic /*\n*/ "%s" {}', PLAIN])
def test_only_the_code_tells_a_dynamic_block_from_none(
    tmp_path: Path, which: tuple[str, str], without: str, plain: str, form: str
) -> None:
    """Without it, what a finding would rest on is unknown."""
    kind, block = which
    file = written(tmp_path / "plan.json", plan(kind, block))
    if form:
        written(tmp_path / "main.tf", code(kind, form.replace("%s", block)))
        written(tmp_path / "other.tf", code("aws_ebs_volume", 'dynamic "tag" {}'))

    (reading,) = read_inputs((file,), Assumed()).readings
    (then,) = read_inputs((file,), Assumed(), InputsThen({file: file}, may_lack=False)).readings

    expected = plain if form == PLAIN else "unknown" if form else without
    assert (said(reading), said(then)) == (expected, without)


@pytest.mark.parametrize(("name", "unknown"), [("main.tf.json", True), ("elsewhere/main.tf", False)])
def test_the_form_in_json_and_the_folder_of_the_option(tmp_path: Path, name: str, unknown: bool) -> None:  # noqa: FBT001 -- a case
    """In JSON any dynamic block of the file may be it; the code may lie elsewhere."""
    file = written(tmp_path / "plan.json", plan(*BUCKET))
    text = (
        '{"resource": {"aws_s3_bucket": {"it": {"dynamic": {"tag": {}}}}}}'
        if unknown
        else code(BUCKET[0], "")
    )
    place = written(tmp_path / name, text)

    (reading,) = read_inputs((file,), Assumed(hcl=place.parent)).readings

    assert said(reading) == ("unknown" if unknown else "off")


def test_code_of_many_words_takes_no_time(tmp_path: Path) -> None:
    """Each byte is looked at once, and no more for each further resource."""
    file = written(tmp_path / "plan.json", plan(*BUCKET))
    written(tmp_path / "main.tf", code(BUCKET[0], f"# {'dynamic ' * 100_000}"))

    (reading,) = read_inputs((file,), Assumed()).readings

    assert said(reading) == "off"
