"""HCP Terraform on loopback, as a run task sees it: plans, their archive, callbacks, and its requests."""

import hashlib
import hmac
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.hosts.run_task import Installations
from auditor.hosts.run_task_server import Judge, JudgedPlan, RunTaskServer
from tests.hosts.fakes import Answer, Fake

KEY = b"the-key-of-the-run-task"
TOKEN = "the-token-of-the-run"
PLAN = b'{"format_version": "1.2"}'


@dataclass
class FakeTerraform(Fake):
    """One run with a plan, which lies in the archive; what is told of it by PATCH is in `told`."""

    plan: bytes = PLAN
    told: list[dict[str, Any]] = field(default_factory=list)
    #: Authorization of each call, by method and path.
    tokens: list[tuple[str, str | None]] = field(default_factory=list)

    def answer(self, method: str, target: str, headers: Any, body: Any) -> Answer:
        """Answer one call."""
        self.tokens.append((f"{method} {target}", headers["Authorization"]))
        return super().answer(method, target, headers, body)

    def known(self, headers: Any) -> bool:
        """The archive asks for no token."""
        return headers["Authorization"] in (None, f"Bearer {TOKEN}")

    def error(self, status: int, message: str, **headers: str) -> Answer:
        """An error object of JSON:API."""
        return status, dict(headers), {"errors": [{"status": str(status), "title": message}]}

    def route(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:  # noqa: ARG002 -- as `Fake.route`
        """A redirect to the archive, the plan itself, and the callback."""
        if (method, path) == ("GET", "/api/v2/plans/plan-1/json-output"):
            return 307, {"Location": "/archive/object.json"}, b""
        if (method, path) == ("GET", "/archive/object.json"):
            return 200, {"Content-Type": "application/json"}, self.plan
        if (method, path) == ("PATCH", "/api/v2/task-results/one/callback"):
            self.told.append(body["data"])
            return 200, {}, b""
        return self.error(404, "not found")

    def statuses(self) -> list[tuple[str, str]]:
        """What was told, in its order: status and message."""
        return [(one["attributes"]["status"], one["attributes"]["message"]) for one in self.told]

    def request(self, **changes: Any) -> bytes:
        """A request as HCP Terraform sends it after a plan."""
        api = f"{self.url}/api/v2"
        document = {
            "payload_version": 1,
            "stage": "post_plan",
            "access_token": TOKEN,
            "capabilities": {"outcomes": True},
            "configuration_version_id": "cv-ntv3HbhJqvFzamy7",
            "is_speculative": False,
            "organization_name": "example",
            "plan_json_api_url": f"{api}/plans/plan-1/json-output",
            "run_app_url": "https://app.terraform.io/app/example/shop/runs/run-1",
            "run_id": "run-1",
            "run_message": "Triggered via UI",
            "task_result_callback_url": f"{api}/task-results/one/callback",
            "task_result_enforcement_level": "mandatory",
            "task_result_id": "taskrs-1",
            "vcs_branch": None,
            "workspace_name": "shop",
        }
        return json.dumps({**document, **changes}).encode()


def signature(body: bytes, key: bytes = KEY) -> str:
    """The header's value."""
    return hmac.new(key, body, hashlib.sha512).hexdigest()


def nothing_found(plan: bytes) -> JudgedPlan:
    """A judge for whom every plan is good."""
    assert plan == PLAN
    return JudgedPlan(passed=True, message="1 compliant", outcomes=[{"type": "task-result-outcomes"}])


def server_of(fake: FakeTerraform, judge: Judge = nothing_found, **how: Any) -> RunTaskServer:
    """A server of run tasks of this installation; nobody waits, unless `wait` does."""
    options: Mapping[str, Any] = {"workers": 1, "wait": lambda _: None, **how}
    return RunTaskServer(KEY, Installations.of([fake.url]), judge, **options)


def posted(
    server: Callable[..., Any], body: bytes, signed: str | None = None, **more: Any
) -> tuple[int, str]:
    """Status and text of the answer to a request."""
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_TFC_TASK_SIGNATURE": signature(body) if signed is None else signed,
        "wsgi.input": io.BytesIO(body),
        **more,
    }
    parts = server(environ, lambda status, _: said.append(status))
    return int(said[0].split()[0]), b"".join(parts).decode().rstrip("\n")
