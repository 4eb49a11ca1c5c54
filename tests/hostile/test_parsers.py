"""Anything may stand in a file that somebody wrote for us: it is read, or refused in one sentence."""

import copy
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.catalogue.attestations import load_attestations
from auditor.catalogue.audit_manager import read_framework
from auditor.catalogue.frameworks import framework_of
from auditor.catalogue.holds import read_register
from auditor.catalogue.load import Catalogue, shipped_schemas, tiers_of
from auditor.catalogue.responses import load_responses
from auditor.catalogue.suggestions import read_suggestions
from auditor.catalogue.waivers import load_waivers
from auditor.check.cloudformation.parameters import read_stacks
from auditor.config.load import read_file
from auditor.executor.serving.credentials import load_credentials
from auditor.executor.simulation.scenario import Scenario
from auditor.model.errors import AuditorError
from auditor.model.policy import Control
from auditor.sandbox.organization import SampleOrganization
from auditor.yaml_files.document import parse, read_document
from tests.check.test_hostile_inputs import VALUES, places

ROOT = Path(__file__).parents[2]
#: The most characters of a sentence; a terminal shows it whole.
SENTENCE = 2_000
#: What is put between any two letters of a file.
SPLICES = (
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x1b[2J",
    b"\r",
    b"\t",
    b"[" * 60,
    b"&a [*a]",
    b"<<: *a\n",
    b"!!set ",
    "\u202e\u2066".encode(),
    b"::error::x",
    b"9" * 500,
    b"9999-12-31",
    b"---\n",
    b"- ",
    b"'",
    b"\n? [a]\n",
    b"1e999",
)
#: What is put in the place of a value.
ODD = st.sampled_from(
    [
        "::error file=a::b",
        "<script>",
        "@everyone [x](javascript:x)",
        "a\nb",
        "\0",
        "\u202e",
        "9" * 5000,
        "",
        "0000-00-00",
        "9999-12-31",
        "2026-02-30",
        "-1",
        "1e400",
        "{}",
        "{hours",
        "[" * 3000,
        "\u00b2",
        "\u0663",
    ]
)


@cache
def _controls() -> tuple[Control, ...]:
    return Catalogue.load().controls


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _tiers(file: Path) -> object:
    return tiers_of(read_document(file), shipped_schemas()[0]["tiers"])


def _parameters(file: Path) -> object:
    document = read_document(file)
    document.check(shipped_schemas()[0]["parameters"])
    return document


def _suggestions(file: Path) -> object:
    schema = shipped_schemas()[0]["suggestions"]
    return read_suggestions(read_document(file), {"late": "it is late"}, '"hours"', schema)


def _framework(file: Path) -> object:
    return framework_of(read_document(file), "own", shipped_schemas()[0]["framework"], None)


def _credentials(file: Path) -> object:
    if file.is_file():
        file.chmod(0o600)
    return load_credentials(file)


def _organization(file: Path) -> object:
    return SampleOrganization.load(file.rename(file.with_name("organization.yaml")).parent)


FRAMEWORK = {
    "FrameworkName": "F",
    "FrameworkDescription": "d",
    "FrameworkTags": {"a": "b"},
    "FrameworkControls": [
        {
            "ControlName": "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK",
            "ControlInputParameters": [{"ParameterName": "requiredRetentionDays", "ParameterValue": "35"}],
        },
        {
            "ControlName": "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN",
            "ControlScope": {
                "ComplianceResourceTypes": ["EBS"],
                "Tags": {"a": "b"},
                "ComplianceResourceIds": ["x"],
            },
        },
    ],
}
CREDENTIALS = {
    "credentials": [
        {
            "access_key": "A" * 20,
            "secret_key": "s" * 40,
            "account": "111122223333",
            "partition": "aws",
            "principal": "arn:aws:iam::111122223333:role/a",
        }
    ],
    "organization": {
        "id": "o-abcdefghij",
        "management_account_id": "111122223333",
        "delegated_account_ids": ["444455556666"],
    },
}
INVENTORY = {
    "partition": "aws",
    "accounts": ["111122223333"],
    "ou_path": ["Root", "a"],
    "regions": ["eu-central-1"],
    "resources": [{"type": "EBS", "count": 2, "tags": {"a": "b"}}],
}
SUGGESTIONS = "late:\n  terraform: a = {hours}\n  cloudformation: 'A: {hours}'\n  api: '[{hours}]'\n"
SETTINGS = (
    "regions: [eu-central-1]\naccounts: ['012345678901']\nfail_on: high\nmax_waiver_days: 30\n"
    "waivers: w.yaml\nas_of: 2026-01-05T00:00:00Z\nformats: [html, csv]\n"
)

#: What reads a kind of file, and a good one.
READERS: Mapping[str, tuple[Callable[[Path], object], str]] = {
    "tiers": (_tiers, _text("policies/tiers.yaml")),
    "parameters": (_parameters, _text("policies/parameters.yaml")),
    "waivers": (lambda file: load_waivers(file, _controls()), _text("examples/waivers.yaml")),
    "holds": (
        lambda file: read_register(file, shipped_schemas()[0]["holds"]),
        _text("examples/holds.yaml"),
    ),
    "attestations": (lambda file: load_attestations(file, _controls()), _text("examples/attestations.yaml")),
    "responses": (load_responses, _text("examples/responses.yaml")),
    "settings": (read_file, SETTINGS),
    "framework": (_framework, _text("policies/frameworks/3-2-1-1-0.yaml")),
    "suggestions": (_suggestions, SUGGESTIONS),
    "credentials": (_credentials, json.dumps(CREDENTIALS)),
    "inventory": (lambda file: Scenario.load((), file, {}), json.dumps(INVENTORY)),
    "organization": (_organization, _text("examples/organization/organization.yaml")),
    "framework of Audit Manager": (read_framework, json.dumps(FRAMEWORK)),
    "parameters of CloudFormation": (
        lambda file: read_stacks([("", file)]),
        '[{"ParameterKey": "a", "ParameterValue": "b"}]',
    ),
}
each_reader = pytest.mark.parametrize("name", READERS)


def refused_in_a_sentence(name: str, data: bytes) -> None:
    """Read a file of `data`; where it is refused the sentence names it, and is short."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "file.yaml")
        file.write_bytes(data)
        said = f"{file}: read"
        try:
            READERS[name][0](file)
        except AuditorError as error:
            said = str(error)
    assert folder in said
    assert len(said) < SENTENCE


@each_reader
def test_a_good_file_is_read(tmp_path: Path, name: str) -> None:
    """Else the others would show nothing."""
    read, good = READERS[name]
    (tmp_path / "file.yaml").write_text(good, encoding="utf-8")

    read(tmp_path / "file.yaml")


@each_reader
@given(data=st.data())
def test_whatever_stands_in_a_file_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """Up to three values are lost, given another key, repeated, or anything."""
    document = parse(READERS[name][1], name).value
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from([*places(document)] or [({"a": 1}, "a")]))
        change = data.draw(st.sampled_from(["other", "odd", "less", "more", "renamed"]))
        if change in ("other", "odd"):
            holder[key] = data.draw(VALUES if change == "other" else ODD)
        elif change == "more" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            value = holder.pop(key)
            if change == "renamed" and isinstance(holder, dict):
                holder[data.draw(ODD)] = value

    refused_in_a_sentence(name, json.dumps(document).encode())


@each_reader
@given(data=st.data())
def test_whatever_bytes_stand_in_a_file_it_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """Some bytes are gone, and others are in their place."""
    good = READERS[name][1].encode()
    start = data.draw(st.integers(0, len(good)))
    gone = data.draw(st.sampled_from([0, 1, 5, 50]))

    refused_in_a_sentence(
        name,
        good[:start] + data.draw(st.sampled_from(SPLICES) | st.binary(max_size=4)) + good[start + gone :],
    )


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@each_reader
@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [_pipe, _device, Path.mkdir, lambda path: path.symlink_to(path)])
def test_what_is_no_file_is_refused_by_every_reader(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    """A pipe, a device, a folder, and a symbolic link to itself."""
    make(tmp_path / "file.yaml")

    with pytest.raises(AuditorError, match=str(tmp_path)):
        READERS[name][0](tmp_path / "file.yaml")
