"""Run tasks of HCP Terraform: who may ask, what is fetched from where, and what is told."""

import json
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from auditor.hosts import run_task_server, terraform
from auditor.hosts.run_task import MAX_REQUEST, BadTask, Installations, is_signed, read_task
from auditor.hosts.run_task_server import JudgedPlan
from auditor.model.errors import AuditorError, UsageError
from tests.hosts.fakes import Answer, serving
from tests.hosts.run_tasks import TOKEN, FakeTerraform, nothing_found, posted, server_of, signature

CALLBACK = "PATCH /api/v2/task-results/one/callback"
RUNNING = ("running", "the plan is being checked")
FETCHED = ("running", "the plan was fetched and is being judged")


@pytest.fixture
def fake() -> Iterator[FakeTerraform]:
    """HCP Terraform."""
    with serving(FakeTerraform()) as found:
        assert isinstance(found, FakeTerraform)
        yield found


def test_the_signature_is_that_of_rfc_4231() -> None:
    """Its test case 2."""
    known = (
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
    )
    text = b"what do ya want for nothing?"

    assert is_signed(text, known, b"Jefe")
    assert not is_signed(text, known, b"Jeff")
    assert not is_signed(text + b" ", known, b"Jefe")


def test_a_plan_is_fetched_judged_and_told(fake: FakeTerraform) -> None:
    """The answer is 200 at once; the token goes to the API and never to the archive."""
    server = server_of(fake, details="https://wiki.example/backup")

    answer = posted(server, fake.request())
    server.close()

    assert answer == (200, "")
    assert fake.statuses() == [RUNNING, FETCHED, ("running", "1 compliant"), ("passed", "1 compliant")]
    assert [one.get("relationships") for one in fake.told] == [
        None,
        None,
        {"outcomes": {"data": [{"type": "task-result-outcomes"}]}},
        None,
    ]
    assert {one["attributes"]["url"] for one in fake.told} == {"https://wiki.example/backup"}
    assert fake.tokens == [
        (CALLBACK, f"Bearer {TOKEN}"),
        ("GET /api/v2/plans/plan-1/json-output", f"Bearer {TOKEN}"),
        ("GET /archive/object.json", None),
        (CALLBACK, f"Bearer {TOKEN}"),
        (CALLBACK, f"Bearer {TOKEN}"),
        (CALLBACK, f"Bearer {TOKEN}"),
    ]


def test_it_is_told_before_a_plan_is_judged_that_it_was_fetched(fake: FakeTerraform) -> None:
    """To fetch and to judge may take more than ten minutes together, after which it would be an error."""
    told: list[tuple[str, str]] = []

    def judge(plan: bytes) -> JudgedPlan:
        told.extend(fake.statuses())
        return nothing_found(plan)

    server = server_of(fake, judge)
    posted(server, fake.request())
    server.close()

    assert told == [RUNNING, FETCHED]


def test_a_host_that_takes_no_outcomes_gets_none(fake: FakeTerraform) -> None:
    """Older installations name no such capability."""
    server = server_of(fake)
    posted(server, fake.request(capabilities={}))
    server.close()

    assert fake.statuses() == [RUNNING, FETCHED, ("passed", "1 compliant")]


@pytest.mark.parametrize("signed", ["", "0" * 128, signature(b"another"), "é", signature(b"x", b"other key")])
def test_what_is_not_signed_is_not_read(fake: FakeTerraform, signed: str) -> None:
    """Though it is no JSON at all: 401, and nothing is asked of anybody."""
    server = server_of(fake)

    for body in (fake.request(), b"\xff{"):
        status, _ = posted(server, body, signed)
        assert status == 401
    server.close()

    assert fake.calls == []


def test_a_verification_is_answered_and_no_more(fake: FakeTerraform) -> None:
    """HCP Terraform sends one when the run task is made; its signature must be right, too."""
    server = server_of(fake)
    body = fake.request(access_token="test-token", task_result_callback_url=None, plan_json_api_url=None)

    assert posted(server, body) == (200, "")
    assert posted(server, body, "0" * 128)[0] == 401
    server.close()

    assert fake.calls == []


def test_what_comes_again_is_judged_once(fake: FakeTerraform) -> None:
    """A replay, or a request whose answer was lost."""
    server = server_of(fake)

    assert [posted(server, fake.request()) for _ in range(3)] == [(200, "")] * 3
    server.close()

    assert fake.calls.count("GET /archive/object.json") == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"plan_json_api_url": "https://evil.example/api/v2/plans/a/json-output"},
            "https://evil.example/api/",
        ),
        ({"plan_json_api_url": "http://169.254.169.254/latest/meta-data"}, "http://169.254.169.254/"),
        ({"task_result_callback_url": "{url}/api/v2/../admin"}, "/admin"),
        ({"task_result_callback_url": "{url}@evil.example/api/v2/a"}, "@evil.example"),
        ({"task_result_callback_url": "{url}\\@evil.example/api/v2/a"}, "evil.example"),
        ({"task_result_callback_url": "{url}/api/v2/a?x=secret"}, "/api/v2/a, which is no address"),
        ({"task_result_callback_url": "file:///etc/passwd"}, "file:///etc/passwd"),
        ({"task_result_callback_url": None}, "the request has no task_result_callback_url"),
        ({"access_token": "a\r\nX: y"}, "the request has no access_token"),
        ({"access_token": 1}, "the request has no access_token"),
        ({"payload_version": 2}, "none of a run task of version 1"),
    ],
)
def test_the_token_goes_to_no_other_address(fake: FakeTerraform, changes: dict[str, Any], said: str) -> None:
    """Signed or not: the request is refused, and nothing is asked of anybody."""
    server = server_of(fake)
    filled = {
        name: value.replace("{url}", fake.url) if isinstance(value, str) else value
        for name, value in changes.items()
    }

    status, text = posted(server, fake.request(**filled))
    server.close()

    assert (status, said in text, "secret" in text) == (400, True, False)
    assert fake.calls == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 60_000, b"null"])
def test_a_signed_request_of_another_form_is_refused(fake: FakeTerraform, body: bytes) -> None:
    """In a sentence."""
    assert posted(server_of(fake), body)[0] == 400


@pytest.mark.parametrize(("size", "status"), [(MAX_REQUEST, 401), (MAX_REQUEST + 1, 413)])
def test_a_large_request_is_not_read(fake: FakeTerraform, size: int, status: int) -> None:
    """Up to the limit its signature is looked at."""
    assert posted(server_of(fake), b" " * size, "0" * 128)[0] == status


def test_other_methods_and_the_health(fake: FakeTerraform) -> None:
    """A proxy asks whether it is there."""
    server = server_of(fake)

    assert posted(server, b"", REQUEST_METHOD="GET")[0] == 405
    assert posted(server, b"", REQUEST_METHOD="GET", PATH_INFO="/healthz") == (200, "ok")


@pytest.mark.parametrize("stage", ["pre_plan", "a_new_one"])
def test_a_stage_without_a_plan_fails_and_says_why(fake: FakeTerraform, stage: str) -> None:
    """It is no pass that nothing was looked at."""
    server = server_of(fake)
    posted(server, fake.request(stage=stage, plan_json_api_url=None))
    server.close()

    said = f"there is no plan at the stage {stage}; let the run task run at the stage post-plan"
    assert fake.statuses() == [RUNNING, ("failed", said)]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(404, {}, b"")], "answered 404"),
        ([(200, {}, b"x" * 65)], "the plan has more than 0 MiB, which are not read"),
        ([(307, {"Location": "https://evil.example/x"}, b"")], "an address of somebody else"),
        ([(307, {"Location": "http://localhost/x"}, b"")], "an address of somebody else"),
        ([(307, {}, b"")], "more than one redirect leads to the plan"),
        ([(204, {}, b"")] * 12, "the plan was not there in time"),
        ([(503, {}, b"")] * 4, "answered 503"),
    ],
)
def test_a_plan_that_does_not_come_fails(
    fake: FakeTerraform, monkeypatch: pytest.MonkeyPatch, answers: list[Any], said: str
) -> None:
    """In a sentence; no address of somebody else is asked."""
    monkeypatch.setattr(terraform.TerraformRun.plan, "__defaults__", (64, 60.0))
    fake.faults["GET json-output"] = list(answers)
    server = server_of(fake)
    posted(server, fake.request())
    server.close()

    status, message = fake.statuses()[-1]
    assert (status, said in message, len(fake.told)) == ("failed", True, 2)


@pytest.mark.parametrize("times", [6, 35])
def test_a_plan_that_is_not_there_yet_is_waited_for(fake: FakeTerraform, times: int) -> None:
    """For three minutes, in which it is asked for 36 times; a host that is busy between them may be so."""
    not_yet: Answer = (204, {}, b"")
    fake.faults["GET json-output"] = [*[not_yet] * (times - 1), (503, {}, b""), not_yet]
    waited: list[float] = []
    server = server_of(fake, wait=waited.append)
    posted(server, fake.request())
    server.close()

    assert fake.statuses()[-1] == ("passed", "1 compliant")
    assert (waited.count(5.0), len(waited)) == (times, times + 1)


def test_a_plan_that_is_never_there_is_not_waited_for_longer(
    fake: FakeTerraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each answer takes its time, three minutes are over before 36 of them."""
    now = [0.0]
    monkeypatch.setattr(terraform, "monotonic", lambda: now[0])
    fake.faults["GET json-output"] = [(204, {}, b"")] * 4
    server = server_of(fake, wait=lambda seconds: now.append(now.pop() + 12 * seconds))
    posted(server, fake.request())
    server.close()

    said = ("failed", "the plan was not there in time")
    assert (fake.statuses()[-1], fake.faults["GET json-output"], now) == (said, [], [180.0])


def test_a_plan_that_never_ends_fails(fake: FakeTerraform, monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly it comes."""
    monkeypatch.setattr(terraform.TerraformRun.plan, "__defaults__", (1 << 20, -1.0))
    server = server_of(fake)
    posted(server, fake.request())
    server.close()

    assert fake.statuses() == [RUNNING, ("failed", "the plan did not come in time")]


def test_what_cannot_be_judged_fails(fake: FakeTerraform) -> None:
    """With the sentence of the check; an unexpected error with one that tells nothing of us."""

    def unreadable(_: bytes) -> JudgedPlan:
        raise AuditorError("plan.json is of no known format")

    def broken(_: bytes) -> JudgedPlan:
        raise ZeroDivisionError("of ours")

    for judge in (unreadable, broken):
        server = server_of(fake, judge)
        posted(server, fake.request())
        server.close()

    assert fake.statuses()[2::3] == [
        ("failed", "plan.json is of no known format"),
        ("failed", "unexpected error in the run task; its log tells more"),
    ]


def test_a_busy_host_is_told_again(fake: FakeTerraform) -> None:
    """Each callback, up to a number of times."""
    fake.faults["PATCH callback"] = [(503, {}, b""), (429, {"Retry-After": "2"}, b"")]
    server = server_of(fake)
    posted(server, fake.request())
    server.close()

    assert fake.statuses()[-1] == ("passed", "1 compliant")


def test_a_run_that_takes_no_verdict_is_logged(fake: FakeTerraform, caplog: pytest.LogCaptureFixture) -> None:
    """Its token is over; no log has it."""
    fake.faults["PATCH callback"] = [fake.error(401, "unauthorized")] * 2
    server = server_of(fake)
    caplog.set_level("INFO")
    posted(server, fake.request())
    server.close()

    (record,) = [one for one in caplog.records if one.name == "auditor.serving"]
    assert record.getMessage() == "the verdict was not taken"
    assert "answered 401: unauthorized" in record.__dict__["fields"]["reason"]
    assert TOKEN not in json.dumps([one.__dict__ for one in caplog.records], default=str)


def test_more_than_wait_are_to_come_again(fake: FakeTerraform, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is judged, one waits, the third is refused; what waits when the server ends is told so."""
    monkeypatch.setattr(run_task_server, "WAITING", 1)
    begun, go = Event(), Event()

    def slow(plan: bytes) -> JudgedPlan:
        begun.set()
        go.wait(60)
        return nothing_found(plan)

    server = server_of(fake, slow)
    ids = ["one", "two", "three"]
    answers = [posted(server, fake.request(task_result_id=name))[0] for name in ids]
    begun.wait(60)
    server._pool.shutdown(wait=False, cancel_futures=True)
    go.set()
    server.close()

    assert answers == [200, 200, 503]
    ended = "the server of the run task ended before it looked at the plan; start the run again"
    assert sorted(fake.statuses()) == sorted(
        [RUNNING, FETCHED, ("running", "1 compliant"), ("passed", "1 compliant"), ("failed", ended)]
    )


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://app.terraform.io", True),
        ("https://TFE.example:8443/", True),
        ("http://127.0.0.1:8080", True),
        ("http://tfe.example", False),
        ("https://tfe.example/api", False),
        ("https://user@tfe.example", False),
        ("tfe.example", False),
    ],
)
def test_an_installation_is_an_address_with_tls(address: str, *, taken: bool) -> None:
    """Or on loopback; without a path."""
    if taken:
        assert len(Installations.of([address]).allowed) == 1
        return
    with pytest.raises(UsageError, match="write one such as https://app"):
        Installations.of([address])


def test_the_archive_of_hcp_terraform_is_beside_it() -> None:
    """In each of its Regions; Terraform Enterprise has its own under its own name."""
    origins = Installations.of(
        ["https://app.terraform.io", "https://app.eu.terraform.io", "https://tfe.example"]
    )

    held = [
        "https://archivist.terraform.io/v1/object/a",
        "https://archivist.eu.terraform.io/v1/object/a?b=c",
        "https://tfe.example/_archivist/v1/object/a",
    ]
    assert [origins.holds(address) for address in held] == [True] * 3
    others = [
        "https://archivist.tfe.example/a",
        "https://archivist.terraform.io.evil.example/a",
        "https://archivist.terraform.io\\@evil.example/a",
        "https://archivist.terraform.io@evil.example/a",
        "http://archivist.terraform.io/a",
        "//evil.example/a",
        "",
    ]
    assert [origins.holds(address) for address in others] == [False] * 7


def test_a_token_is_not_shown() -> None:
    """In no representation."""
    fake = FakeTerraform(url="https://app.terraform.io")
    task = read_task(fake.request(), Installations.of([fake.url]))

    assert TOKEN not in repr(task)
    with pytest.raises(BadTask):
        read_task(fake.request(), Installations.of(["https://tfe.example"]))
