"""Who collected a run, when, with which settings and by which requests."""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from auditor.audit import evaluate_run, report_run
from auditor.model.settings import Origins, Settings, silent
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, AS_OF, standing

pytestmark = pytest.mark.long

#: What asks for the policy of a vault, and what it is answered where there is none.
POLICY = "GetBackupVaultAccessPolicy"
NO_POLICY = (400, "ResourceNotFoundException")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """An audit of the standing organization, one setting of which a variable gives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDITOR_FAIL_ON", "high")
        return audit(standing(keep=14), tmp_path_factory.mktemp("provenance"), external_id="agreed-17")


def said(judged: Judgement) -> dict[str, Any]:
    """That part of its document."""
    return dict(judged.document["provenance"])


def requests(judged: Judgement) -> list[dict[str, Any]]:
    """Every request that it recorded."""
    rows: list[dict[str, Any]] = (
        pq.ParquetFile(judged.run / "evidence" / "requests.parquet").read().to_pylist()
    )
    return rows


def test_each_request_stands_with_its_id_times_account_and_region(judged: Judgement) -> None:
    """As many as the endpoint was sent, of the same operations and places; calls are counted so too."""
    rows = requests(judged)

    assert sorted(
        (row["service"], row["operation"], row["account_id"], row["region"]) for row in rows
    ) == sorted((call.service, call.operation, call.account_id, call.region) for call in judged.calls)
    assert {(row["status"], row["error"]) for row in rows if row["operation"] != POLICY} == {(200, None)}
    assert {(row["status"], row["error"]) for row in rows if row["operation"] == POLICY} == {NO_POLICY}
    assert all(row["request_id"] for row in rows)
    assert all(row["started_at"] <= row["ended_at"] for row in rows)
    assert {row["endpoint_at"] for row in rows} == {datetime(2026, 3, 1, 0, 1, tzinfo=UTC)}
    assert sum(row["attempts"] for row in rows) == judged.document["run"]["calls"]


def test_the_collection_begins_and_ends_with_its_requests(judged: Judgement) -> None:
    """By our clock, to the millisecond, and by the endpoint's."""
    rows, collected = requests(judged), said(judged)["collected"]
    ours = (min(row["started_at"] for row in rows), max(row["ended_at"] for row in rows))

    told = [datetime.fromisoformat(collected[name]) for name in ("started_at", "ended_at")]

    assert tuple(told) == ours
    ends = {collected[name] for name in ("endpoint_started_at", "endpoint_ended_at")}
    assert ends == {"2026-03-01T00:01:00.000Z"}


def test_the_file_of_requests_is_fixed_by_the_manifest(judged: Judgement) -> None:
    """Document, manifest and file have one digest and one number of rows."""
    file = judged.run / "evidence" / "requests.parquet"
    digest = sha256(file.read_bytes()).hexdigest()
    manifest = orjson.loads((judged.run / "manifest.json").read_bytes())
    asked = sum(call.operation == POLICY for call in judged.calls)

    assert said(judged)["requests"] == {
        "file": "evidence/requests.parquet",
        "sha256": digest,
        "count": len(judged.calls),
        "errors": [{"error": NO_POLICY[1], "count": asked}],
    }
    assert manifest["files"]["evidence/requests.parquet"]["sha256"] == digest


def test_who_collected_and_whose_organization_it_is(judged: Judgement) -> None:
    """The caller as STS names it, and the organization by its id and its management account's name."""
    collected = said(judged)["collected"]

    assert collected["caller"] == {"arn": f"arn:aws:iam::{ACCOUNT}:user/auditor", "account_id": ACCOUNT}
    assert collected["organization"] == {
        "id": "o-example", "name": "shop", "management_account_id": ACCOUNT, "accounts": 1, "notes": [],
    }  # fmt: skip


def test_each_setting_has_its_value_and_origin(judged: Judgement) -> None:
    """Default, file and variable are told apart; what is secret is not written."""
    stated = {entry["name"]: (entry["value"], entry["origin"]) for entry in said(judged)["settings"]}

    assert stated["accounts"] == ("caller", "file")
    assert stated["role_name"] == ("AuditorRead", "default")
    assert stated["fail_on"] == ("high", "variable")
    assert stated["external_id"] == ("given, not shown", "file")
    assert stated["as_of"] == ("2026-03-01T00:00:00Z", "file")
    assert "agreed-17" not in (judged.run / "document.json").read_text()
    assert {entry["name"] for entry in said(judged)["parameters"]} >= {"controls.copy_max_age_rpos"}


def test_digests_are_those_of_the_files(judged: Judgement) -> None:
    """Tiers, parameters, settings and manifest, each as sha256sum prints it."""
    work = judged.run.parents[1]
    kept = judged.run / "judged_by" / "policies"
    files = {
        "evidence": judged.run / "manifest.json",
        "tiers": work / "tiers.yaml",
        "parameters": kept / "parameters.yaml",
    }

    digests = said(judged)["digests"]
    settings = said(judged)["settings_files"]["collected"]

    assert {name: sha256(file.read_bytes()).hexdigest() for name, file in files.items()} == {
        name: digests[name] for name in files
    }
    assert digests["policies"] == judged.document["run"]["policies_sha256"]
    assert settings == {
        "name": str(work / "auditor.yaml"),
        "sha256": sha256((work / "auditor.yaml").read_bytes()).hexdigest(),
    }


def test_versions_are_those_of_what_ran(judged: Judgement) -> None:
    """The program, Python and the engine, of the collection and of the judgement."""
    versions = said(judged)["versions"]

    assert set(versions["collected"]) == {"auditor", "Python", "botocore"}
    assert versions["judged"]["Rego engine"].startswith("regorus (gordon-to-regorus ")


def test_a_refused_request_is_recorded_with_its_error(tmp_path: Path) -> None:
    """It has its id too, and its status."""
    judged = audit(standing(keep=14), tmp_path, faults=[denied("ListCopyJobs")])

    refused = [row for row in requests(judged) if row["error"]]

    assert {(row["operation"], row["status"], row["error"]) for row in refused} == {
        ("ListCopyJobs", 403, "AccessDeniedException"),
        (POLICY, *NO_POLICY),
    }
    counted = Counter(row["error"] for row in refused)
    assert {row["error"]: row["count"] for row in said(judged)["requests"]["errors"]} == counted


def test_an_organization_that_does_not_answer_is_a_note_and_no_gap(tmp_path: Path) -> None:
    """Verdicts and exit code are the same; the note names the call."""
    world = standing(keep=14)
    whole = audit(world, tmp_path)

    judged = audit(world, tmp_path, faults=[denied("DescribeOrganization"), denied("ListAccounts")])

    assert (judged.exit_code, judged.verdicts, judged.gaps) == (whole.exit_code, whole.verdicts, [])
    told = said(judged)["collected"]["organization"]
    assert (told["id"], told["accounts"]) == ("", None)
    assert [note.partition(":")[0] for note in told["notes"]] == ["DescribeOrganization", "ListAccounts"]


def test_a_copy_that_is_judged_again_by_the_same_gives_the_same_bytes(
    judged: Judgement, tmp_path: Path
) -> None:
    """Whatever names the policies now, and wherever the same values come from; other values show."""
    run = Path(shutil.copytree(judged.run, tmp_path / "copy"))
    before = (run / "document.json").read_bytes()
    same = Settings(
        as_of=AS_OF,
        policies=run / "judged_by" / "policies",
        fail_on="high",
        origins=Origins({"policies": "option", "fail_on": "option"}),
    )

    evaluate_run(run, same, silent)
    again = (run / "document.json").read_bytes()
    other = evaluate_run(run, replace(same, fail_on="low"), silent)

    assert again == before
    (entry,) = [one for one in other.provenance["settings"] if one["name"] == "fail_on"]
    assert entry == {"name": "fail_on", "value": "low", "origin": "option", "step": "judge"}


def test_a_saved_run_is_reported_in_the_same_bytes(judged: Judgement, tmp_path: Path) -> None:
    """The page and the lists, made twice of one folder; nothing of today is in them."""
    run = Path(shutil.copytree(judged.run, tmp_path / "copy"))
    made = [
        {path.name: path.read_bytes() for path in report_run(run, ("html", "csv"), pytest.fail)}
        for _ in range(2)
    ]

    assert made[0] == made[1]
    assert {"report.html", "scope.csv", "exempt.csv", "reconciliation.csv"} <= {*made[0]}
    page = made[0]["report.html"].decode()
    assert f'<span class="mono">{judged.run.name}</span>' in page.rpartition("<footer")[2]
    assert f"arn:aws:iam::{ACCOUNT}:user/auditor" in page
