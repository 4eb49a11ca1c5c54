"""What reads each kind of file that somebody wrote for us, with a good one: for tests, and for fuzzing.

Each reader is given the path of a file, and reads it or raises `AuditorError`.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

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
from auditor.sandbox.organization import SampleOrganization
from auditor.yaml_files.document import read_document

ROOT = Path(__file__).parents[2]
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
#: What is put in the place of a value, or of a key.
ODD = (
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
)


@cache
def shipped() -> Catalogue:
    """The shipped policies."""
    return Catalogue.load()


def text_of(path: str) -> str:
    """A file of ours."""
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
    "tiers": (_tiers, text_of("policies/tiers.yaml")),
    "parameters": (_parameters, text_of("policies/parameters.yaml")),
    "waivers": (lambda file: load_waivers(file, shipped().controls), text_of("examples/waivers.yaml")),
    "holds": (
        lambda file: read_register(read_document(file), shipped_schemas()[0]["holds"]),
        text_of("examples/holds.yaml"),
    ),
    "attestations": (
        lambda file: load_attestations(file, shipped().controls),
        text_of("examples/attestations.yaml"),
    ),
    "responses": (load_responses, text_of("examples/responses.yaml")),
    "settings": (read_file, SETTINGS),
    "framework": (_framework, text_of("policies/frameworks/3-2-1-1-0.yaml")),
    "suggestions": (_suggestions, SUGGESTIONS),
    "credentials": (_credentials, json.dumps(CREDENTIALS)),
    "inventory": (lambda file: Scenario.load((), file, {}), json.dumps(INVENTORY)),
    "organization": (_organization, text_of("examples/organization/organization.yaml")),
    "framework of Audit Manager": (lambda file: read_framework(read_document(file)), json.dumps(FRAMEWORK)),
    "parameters of CloudFormation": (
        lambda file: read_stacks([("", file)]),
        '[{"ParameterKey": "a", "ParameterValue": "b"}]',
    ),
}
