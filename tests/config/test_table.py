"""The table, the dataclass, the shipped schema, the template and the page say the same."""

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from auditor.config import publish
from auditor.config.load import read_file
from auditor.config.table import BY_NAME, GROUPS, KEYS
from auditor.model.errors import UsageError
from auditor.model.settings import Settings

ROOT = Path(__file__).resolve().parents[2]

#: What fits and what does not, as it stands in YAML: the loader and the schema agree on each.
SAMPLES: dict[str, tuple[list[str], list[str]]] = {
    "accounts": (["organization", "caller", '["012345678901"]', "[123456789012]"], ["all", "[]", '["12"]']),
    "regions": (["[eu-west-1]", "[us-gov-east-1, us-iso-west-1]", ""], ["eu-west-1", "[]", "[Paris]"]),
    "external_id": (["ab", "a/b:c", ""], ["a", "1234", "'a b'"]),
    "workers": (["1", "256"], ["0", "257", "many"]),
    "retry_minutes": (["0", "60"], ["-1", "61", "1.5", "long"]),
    "role_name": (["Reader", "path/Reader"], ["''", "'a b'", "[a]"]),
    "as_of": (['"2026-02-09T00:00:00Z"', ""], ["12", "[a]"]),
    "period_days": (["1", "3660"], ["0", "3661", "1.5", "true"]),
    "out": (["runs"], ["''", "[a]", "7"]),
    "push_role_name": (["Pusher"], ["''"]),
    "policies": (["policies", ""], ["''"]),
    "tiers": (["tiers.yaml", ""], ["''"]),
    "audit_manager": (["framework.json", ""], ["''"]),
    "framework": (["dora", "3-2-1-1-0"], ["''", "[a]", "'a b'"]),
    "absent_tag": (["indeterminate", "holds", "fails"], ["maybe", ""]),
    "arn_wildcards": (["anywhere", "end"], ["start"]),
    "empty_selection": (["all", "nothing"], ["some"]),
    "list_of_tags_prefix": (["indeterminate", "accepted", "refused"], ["yes"]),
    "like_whitespace": (["indeterminate", "matches", "differs"], ["true"]),
    "copy_lifecycle": (["inherit", "never"], ["source"]),
    "engine": (["embedded", "opa-server"], ["opa", ""]),
    "engine_url": (["http://127.0.0.1:8181"], ["127.0.0.1", ""]),
    "waivers": (["waivers.yaml", ""], ["''"]),
    "max_waiver_days": (["1", "3660"], ["0", "3661", "a year"]),
    "holds": (["holds.yaml", ""], ["''"]),
    "attestations": (["attestations.yaml", ""], ["''"]),
    "max_attestation_days": (["1", "3660"], ["0", "3661", "a year"]),
    "responses": (["responses.yaml", ""], ["''"]),
    "owner_tag": (["owner", "aws:x/y z"], ['" owner"', '""']),
    "deleted_resources": (["judge", "list", "ignore"], ["keep"]),
    "fail_on": (["never", "low"], ["none", "[low]"]),
    "formats": (["[html]", "[pdf, csv, json]"], ["html", "[]", "[docx]", "[html, html]"]),
}

CASES = [
    (name, text, fits)
    for name, (good, bad) in SAMPLES.items()
    for texts, fits in ((good, True), (bad, False))
    for text in texts
]


def test_the_table_names_every_field_of_the_settings() -> None:
    """A field without a key, or a key without a field, cannot be; where the values are from is no setting."""
    named = {field.name for field in fields(Settings)} - {"origins"}
    assert sorted(key.name for key in KEYS) == sorted(named)
    assert {key.group for key in KEYS} == set(GROUPS)
    assert set(SAMPLES) == set(BY_NAME)


def test_each_default_fits_its_kind() -> None:
    """A default that the option itself would refuse cannot be."""
    for field in fields(Settings):
        if field.default is not MISSING and field.default is not None:
            kind = BY_NAME[field.name].kind
            text = ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)

            assert kind.parse(text) == field.default


@pytest.mark.parametrize(("name", "text", "fits"), CASES)
def test_the_loader_and_the_schema_agree(tmp_path: Path, name: str, text: str, *, fits: bool) -> None:
    """Both take the value, or both refuse it."""
    file = tmp_path / "auditor.yaml"
    file.write_text(f"{name}: {text}\n")

    assert (_loads(file), _valid(yaml.safe_load(file.read_text()))) == (fits, fits)


def test_the_schema_refuses_an_unknown_key() -> None:
    """Closed, as the loader is."""
    assert not _valid({"regoins": ["eu-west-1"]})


def test_the_shipped_schema_and_the_pages_are_what_the_tables_make() -> None:
    """None is behind its table."""
    shipped = json.loads(publish.SCHEMA_FILE.read_text())

    jsonschema.Draft202012Validator.check_schema(shipped)
    assert shipped == publish.schema()
    assert (ROOT / "docs" / "configuration.md").read_text() == publish.page()
    assert (ROOT / "docs" / "reports.md").read_text() == publish.reports_page()


def test_the_template_sets_nothing_and_uncommented_everything(tmp_path: Path) -> None:
    """As written, the file holds no key; with the `# ` of each key's line taken away, it holds them all."""
    file = tmp_path / "auditor.yaml"
    file.write_text(publish.template())
    assert read_file(file) == {}

    lines = publish.template().splitlines()
    keys = tuple(f"# {name}: " for name in BY_NAME)
    file.write_text("\n".join(line.removeprefix("# ") if line.startswith(keys) else line for line in lines))

    assert set(read_file(file)) == set(BY_NAME)
    assert _valid(yaml.safe_load(file.read_text()))


def _loads(file: Path) -> bool:
    try:
        read_file(file)
    except UsageError:
        return False
    return True


def _valid(document: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(publish.schema()).is_valid(document))
