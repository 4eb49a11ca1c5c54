"""AWS on loopback: moto for every service but AWS Backup and STS, which answer as a test tells them to."""

import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import parse_qs, unquote

import botocore.session
import pytest
import requests
from moto.iam.models import get_account_id_from
from moto.server import ThreadedMotoServer
from werkzeug.serving import WSGIRequestHandler, make_server

from auditor.aws.session import Credentials, Sessions, make_client
from auditor.collect.run import Collected, collect
from auditor.evidence.asked_tables import BUCKET_SETTINGS
from auditor.evidence.native_tables import BACKUP_LISTS, EARLIEST, NATIVE_ASKED
from auditor.evidence.store import Evidence, EvidenceWriter
from auditor.evidence.table_schemas import BACKUP_TAGS, EVERYTHING, POINT_TAGS, SNAPSHOT_TAGS
from auditor.model.settings import Settings, silent
from tests.loopback.waiting import no_waiting

AS_OF = datetime(2026, 2, 1, tzinfo=UTC)
#: DescribeRegionSettings of a Region with the types that moto has.
NOTHING_SET: dict[str, dict[str, bool]] = {
    "ResourceTypeOptInPreference": dict.fromkeys(
        ("Aurora", "DynamoDB", "EBS", "EC2", "EFS", "EKS", "FSx", "Neptune", "RDS", "Redshift", "S3"), True
    ),
    "ResourceTypeManagementPreference": {},
}

#: What a vault without an access policy does not answer.
_POLICY = "GetBackupVaultAccessPolicy"


@dataclass
class Refusal:
    """An error answer: the first `after` requests of the operation are answered, all later ones refused."""

    code: str
    status: int = 400
    message: str = ""
    after: int = 0


@dataclass
class BackupService:
    """AWS Backup, read only, with what a test puts into it; it pages and writes JSON as the service does.

    `answers` holds, by account, Region and operation, a list (of the listing's items) or a function of the
    parameters that gives the document. `log` is every request. `asked` is set by the first one; while
    `answering` is not set none is answered.
    """

    page_size: int = 1000
    asked: Event = field(default_factory=Event)
    answering: Event = field(default_factory=Event)
    answers: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    refusals: dict[tuple[str, str, str], Refusal] = field(default_factory=dict)
    log: list[tuple[str, str, str]] = field(default_factory=list)
    queries: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.answering.set()
        self.model = botocore.session.get_session().get_service_model("backup")
        self._routes = []
        for name in self.model.operation_names:
            http = self.model.operation_model(name).http
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", http["requestUri"].partition("?")[0].rstrip("/"))
            self._routes.append((http["method"], re.compile(pattern + "/?"), name))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer one request."""
        self.asked.set()
        self.answering.wait()
        scope = re.search(r"Credential=(\w+)/\d+/([\w-]+)/", environ["HTTP_AUTHORIZATION"])
        assert scope is not None
        account_id, region = get_account_id_from(scope[1]), scope[2]
        path = environ["RAW_URI"].partition("?")[0]
        name, parameters = self._route(environ["REQUEST_METHOD"], path)
        parameters |= {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
        self.log.append((account_id, region, name))
        self.queries[name].append(parameters)
        refusal = self._refusal(account_id, region, name)
        if refusal is not None:
            status, document = refusal.status, {"Code": refusal.code, "Message": refusal.message}
            headers = [("x-amzn-errortype", refusal.code)]
        else:
            status, headers = 200, []
            document = self._document(self._answer(account_id, region, name), name, parameters)
        body = json.dumps(document).encode()
        start_response(
            f"{status} x",
            [*headers, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))],
        )
        return [body]

    def refuse(self, where: tuple[str, str], operation: str, code: str, **how: Any) -> None:
        """Refuse an operation ("*": every one) in an account and Region."""
        self.refusals[*where, operation] = Refusal(code, **how)

    def _route(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        for wanted, pattern, name in self._routes:
            match = pattern.fullmatch(path)
            if wanted == method and match:
                return name, {key: unquote(value) for key, value in match.groupdict().items()}
        raise AssertionError(path)

    def _refusal(self, account_id: str, region: str, name: str) -> Refusal | None:
        for key in ((account_id, region, name), (account_id, region, "*")):
            refusal = self.refusals.get(key)
            if refusal is not None:
                refusal.after -= 1
                if refusal.after < 0:
                    return refusal
        unset = name == _POLICY and (account_id, region, name) not in self.answers
        return Refusal("ResourceNotFoundException", 400, "has no associated POLICY") if unset else None

    def _answer(self, account_id: str, region: str, name: str) -> Any:
        return self.answers.get((account_id, region, name), [])

    def _document(self, answer: Any, name: str, parameters: dict[str, str]) -> Any:
        if callable(answer):
            answer = answer(parameters)
        if not isinstance(answer, list):
            return answer
        output = self.model.operation_model(name).output_shape
        assert output is not None
        lists = [member for member, shape in output.members.items() if shape.type_name == "list"]
        if not lists:
            return dict(NOTHING_SET) if name == "DescribeRegionSettings" else {}
        size = min(self.page_size, int(parameters.get("maxResults", self.page_size)))
        start = int(parameters.get("nextToken", 0))
        document: dict[str, Any] = {lists[0]: answer[start : start + size]}
        if start + size < len(answer):
            document["NextToken"] = str(start + size)
        return document


class SecurityTokens:
    """STS: moto's, which lets anybody assume any role, except for what `denied` and `refusal` say."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.denied: set[str] = set()
        self.refusal: str | None = None
        self.now = AS_OF

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer one request."""
        data = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        form = parse_qs(data.decode())
        role = form.get("RoleArn", [""])[0]
        code = self.refusal or (
            "AccessDenied" if any(f"::{account}:" in role for account in self.denied) else None
        )
        if code:
            body = (
                f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>not allowed</Message>"
                "</Error><RequestId>1</RequestId></ErrorResponse>"
            ).encode()
            start_response("403 x", [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))])
            return [body]
        headers = {
            "Authorization": environ["HTTP_AUTHORIZATION"],
            "Content-Type": environ["CONTENT_TYPE"],
            "X-Amz-Date": environ["HTTP_X_AMZ_DATE"],
        }
        answer = requests.post(self.endpoint, data=data, headers=headers, timeout=120)
        start_response(f"{answer.status_code} x", [("Content-Type", "text/xml")])
        return [answer.content]


class Clock(WSGIRequestHandler):
    """Dates its answers by the application's clock, where it has one."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The header `Date`."""
        now = getattr(self.server.app, "now", None)
        return super().date_time_string(timestamp) if now is None else format_datetime(now, usegmt=True)


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve a WSGI application on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


@dataclass
class Cloud:
    """The endpoints of a test, and what it does with them."""

    endpoint: str
    backup: BackupService
    tokens: SecurityTokens
    out: Path

    def client(self, service: str, region: str = "eu-west-1", account_id: str | None = None) -> Any:
        """A client of moto in an account."""
        credentials = Credentials("AKIATEST", "secret")
        if account_id is not None:
            role = f"arn:aws:iam::{account_id}:role/Setup"
            keys = self.client("sts").assume_role(RoleArn=role, RoleSessionName="setup")["Credentials"]
            credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return make_client(service, region, credentials=credentials, endpoint_url=self.endpoint)

    def collect(self, run_id: str = "run", **settings: Any) -> tuple[Collected, Evidence]:
        """Collect with settings and open the evidence, without what is asked where a tier accepts it."""
        chosen = Settings(**{"as_of": AS_OF, "accounts": "caller", "regions": ("eu-west-1",), **settings})
        sessions = Sessions.from_environment(role_name=chosen.role_name, external_id=chosen.external_id)
        with no_waiting(), EvidenceWriter(self.out, run_id) as writer:
            collected = collect(
                chosen,
                sessions,
                writer,
                silent,
                EVERYTHING
                - {
                    EARLIEST,
                    *BACKUP_LISTS,
                    *NATIVE_ASKED.values(),
                    BACKUP_TAGS,
                    POINT_TAGS,
                    SNAPSHOT_TAGS,
                    BUCKET_SETTINGS,
                },
            )
            run = writer.commit({"run_id": "same"})
        return collected, Evidence.open(run)


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """A moto server, without the thousand snapshots that it would bring along."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture
def cloud(moto_endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cloud]:
    """An empty cloud; the environment names its endpoints; the caller is 123456789012 in eu-west-1."""
    requests.post(f"{moto_endpoint}/moto-api/reset", timeout=120)
    backup, tokens = BackupService(), SecurityTokens(moto_endpoint)
    with serving(backup) as backup_endpoint, serving(tokens) as token_endpoint:
        for name, value in {
            "AWS_ENDPOINT_URL": moto_endpoint,
            "AWS_ENDPOINT_URL_BACKUP": backup_endpoint,
            "AWS_ENDPOINT_URL_STS": token_endpoint,
            "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "eu-west-1",
        }.items():
            monkeypatch.setenv(name, value)
        yield Cloud(moto_endpoint, backup, tokens, tmp_path / "runs")
