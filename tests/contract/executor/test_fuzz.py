"""Every operation under requests that are right, and under the same ones made wrong in some place.

Right ones succeed. Whatever else comes in: an answer or an error that the operation declares, never a 500,
and nothing is changed after an error or by a reading operation. A request follows from the operation's name
and a number alone.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto import mock_aws

from auditor.executor.api.protocol import service_model
from auditor.executor.api.shapes import wire_name
from auditor.executor.app import BackupService, make_app
from auditor.executor.database.database import Database
from auditor.executor.drivers import make_drivers
from auditor.executor.operations import OPERATIONS
from tests import quick_moto
from tests.contract.executor.fuzz_requests import ACCOUNT, ROLE, Params, requests
from tests.contract.executor.fuzz_target import STACK, START, Filling, Target

MODEL = service_model()
DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
HOSTILE: list[Any] = [
    None, "", " ", "x", "x" * 5000, "\x00", "a/b%2Fc", "../..", "é✓\U0001f512\u202e", "\ud800", "*", "-1",
    "arn:aws:backup", "arn:aws:backup:eu-west-1:123456789012:backup-vault:\n", "'; drop table vaults; --",
    0, -1, 7, 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, 1e308, True, [], [None], [[]], {}, {"": None},
    {"x": {"y": []}}, DEEP,
]  # fmt: skip
BODIES = [b"", b"{", b"[]", b"\xff", b"null", b'"x"', b"[" * 5000, b'{"x": NaN}', b"\x00" * 9]


@pytest.fixture(scope="module", params=["memory", pytest.param("postgresql", marks=pytest.mark.postgres)])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A service with one of each thing that there is."""
    url = "sqlite://"
    if request.param == "postgresql":
        url, empty = request.getfixturevalue("postgres_database")
    with (
        pytest.MonkeyPatch.context() as patch,
        mock_aws(),
        time_machine.travel(START, tick=False) as traveller,
    ):
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        clients: dict[tuple[str, str], Any] = {}

        def client(service: str, _account: str, region: str) -> Any:
            if (service, region) not in clients:
                clients[service, region] = quick_moto.make_client(service, region)
            return clients[service, region]

        drivers = make_drivers(client, lambda: datetime.now(UTC))
        database = Database.open(url)
        service = BackupService(database, lambda: datetime.now(UTC), drivers)
        application = make_app(service, lambda _: (ACCOUNT, "eu-west-1", "aws"))
        volume = client("ec2", ACCOUNT, "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=1)
        stack = client("cloudformation", ACCOUNT, "eu-west-1").create_stack(
            StackName="stack", TemplateBody=json.dumps(STACK)
        )
        place = {"LocationConstraint": "eu-west-1"}
        s3 = client("s3", ACCOUNT, "eu-west-1")
        s3.create_bucket(Bucket="files", CreateBucketConfiguration=place)
        s3.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket="files", Key="a", Body=b"1")
        arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{volume['VolumeId']}"
        right = requests(Filling(service, traveller.move_to, arn, stack["StackId"]).fill())
        filled = Target(application, service, right)
        filled.pristine = filled.state()
        yield filled
        database.close()
    if request.param == "postgresql":
        empty()


def hostile(random: Random) -> Any:
    """Something that fits nowhere, or nearly so."""
    return deepcopy(random.choice(HOSTILE))


def members(name: str) -> dict[str, Shape]:
    """The parameters of an operation."""
    shape: Any = MODEL.operation_model(name).input_shape
    return {} if shape is None else dict(shape.members)


@dataclass
class Request:
    """A request before it is written: path parameters, query and body by wire name."""

    name: str
    uri: dict[str, Any]
    query: dict[str, Any]
    body: dict[str, Any]

    @classmethod
    def of(cls, name: str, params: Params) -> "Request":
        """The request of an operation with `params`."""
        made = cls(name, {}, {}, {})
        for key, given in params.items():
            member = members(name)[key]
            made._place(member)[wire_name(key, member)] = deepcopy(given)
        return made

    def places(self) -> list[tuple[Any, Any]]:
        """Every value, as its container and its key there."""
        found: list[tuple[Any, Any]] = []
        waiting: list[Any] = [self.uri, self.query, self.body]
        while waiting:
            container = waiting.pop()
            keys = container if isinstance(container, dict) else range(len(container))
            for key in keys:
                found.append((container, key))
                if isinstance(container[key], dict | list) and container[key] != DEEP:
                    waiting.append(container[key])
        return found

    def mutate(self, random: Random) -> None:
        """Make it wrong in one place, or only different: a value replaced, dropped, wrapped, or one more."""
        places = self.places()
        if not places or random.random() < 0.15:
            self.add(random)
            return
        container, key = random.choice(places)
        way = random.random()
        if way < 0.6 or container is self.uri:
            container[key] = hostile(random)
        elif way < 0.75:
            container.pop(key)
        elif way < 0.85:
            container[key] = random.choice([[container[key]], {"x": container[key]}])
        elif isinstance(container, dict):
            container[random.choice(["Unknown", "é", ""])] = hostile(random)
        else:
            container.extend([deepcopy(container[key])] * random.choice([1, 600]))

    def add(self, random: Random) -> None:
        """Set one of the operation's members, or an unknown parameter where it has none."""
        known = members(self.name)
        if not known:
            self.query["x"] = hostile(random)
            return
        key, member = random.choice(list(known.items()))
        given = typed(random, member) if random.random() < 0.6 else hostile(random)
        self._place(member)[wire_name(key, member)] = given

    def _place(self, member: Shape) -> dict[str, Any]:
        location = str(member.serialization.get("location"))
        return {"uri": self.uri, "querystring": self.query}.get(location, self.body)

    def write(self, random: Random, *, wrong: bool) -> tuple[str, str, bytes]:
        """Method, target and body; one that is `wrong` may be so in its writing alone."""
        http = MODEL.operation_model(self.name).http
        path, _, literal = http["requestUri"].partition("?")
        for key, given in self.uri.items():
            safe = random.choice(["", "", "/:", "/:%"]) if wrong else random.choice(["", "/:"])
            path = path.replace(f"{{{key}}}", quote(_text(given).encode(errors="surrogatepass"), safe=safe))
        pairs = [f"{key}={quote(_text(v).encode(errors='surrogatepass'))}" for key, v in self.query.items()]
        query = "&".join([literal, *pairs] if literal else pairs)
        body = json.dumps(self.body).encode() if self.body else b""
        if wrong and random.random() < 0.1:
            body, path, query = random.choice(
                [
                    (random.choice(BODIES), path, query),
                    (body.replace(b"{", b'{"Lifecycle": 1e999, ', 1), path, query),
                    (body[:-1] + b"," + body[1:] if body else b"{}", path, query),
                    (body, path + "%zz%ff", query),
                    (body, path.replace("%", "%25"), query + "&%ff=%00"),
                ]
            )
        return http["method"], f"{path}?{query}" if query else path, body


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def typed(random: Random, shape: Shape) -> Any:
    """Something of `shape`, whether or not it makes sense."""
    if isinstance(shape, StructureShape):
        return {
            wire_name(key, member): typed(random, member)
            for key, member in shape.members.items()
            if key in shape.required_members or random.random() < 0.4
        }
    if isinstance(shape, ListShape):
        return [typed(random, shape.member) for _ in range(random.randrange(3))]
    if isinstance(shape, MapShape):
        return {random.choice(["a", "EBS", "availabilityZone", "é"]): typed(random, shape.value)}
    if "enum" in shape.metadata:
        return random.choice(shape.metadata["enum"])
    choices: dict[str, list[Any]] = {
        "integer": [-1, 0, 1, 3, 90, 480, 36_500, 36_501],
        "boolean": [True, False],
        "timestamp": [0, 1767571200, 1767574800.5, "2026-01-05T00:00:00Z", 1e12],
        "string": ["example_1", ACCOUNT, "é", "x" * 300, "W10=", "WzFd", ROLE],
    }
    return random.choice(choices["integer" if shape.type_name == "long" else shape.type_name])


#: There are none of what they describe, so that no request of theirs succeeds.
NONE = {"DescribeBackupAccessPoint", "GetTieringConfiguration"}


@pytest.mark.parametrize("examples", [8, pytest.param(96, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - NONE))
def test_requests_of_every_kind(target: Target, name: str, examples: int) -> None:
    """The right ones succeed, wrong ones are told so and change nothing; reading changes nothing; no 500."""
    declared = {shape.name for shape in MODEL.operation_model(name).error_shapes}
    declared |= {"UnknownOperationException", "AccessDeniedException"}
    others = {
        error.name for other in MODEL.operation_names for error in MODEL.operation_model(other).error_shapes
    }
    refused = 0
    for number in range(examples):
        random = Random(f"{name}/{number}")  # noqa: S311 -- no secret
        made = Request.of(name, target.right[name])
        mutations = (0, 0, 1, 1, 1, 1, 2, 3)[number % 8]
        for _ in range(mutations):
            made.mutate(random)
        sent = made.write(random, wrong=mutations > 0)
        status, code, answer = target.send(*sent)
        assert status < 500 or status == 501, (sent, code, answer)
        if mutations == 0:
            assert status < 300, (sent, code, answer)
        if status >= 400:
            refused += 1
            # a path that was made ambiguous may be another operation's
            assert code in declared or (code in others and "/" in sent[1]), (sent, code, answer)
            assert json.loads(answer)["Code"] == code
        elif answer:
            json.loads(answer)
        if sent[0] != "GET":
            if status >= 400:
                assert target.state() == target.pristine, (sent, answer)
            else:
                target.rewind()
    assert target.state() == target.pristine
    assert refused > 0 or not members(name)


@pytest.mark.parametrize("name", sorted(name for name in OPERATIONS if name.startswith("List")))
def test_no_listing_takes_the_token_of_another(target: Target, name: str) -> None:
    """Whatever the keys of their pages; its own is taken."""
    random = Random(name)  # noqa: S311 -- no secret

    def ask(operation: str, **more: Any) -> tuple[int, Any]:
        right = target.right[operation] | {"MaxResults": 1} | more
        status, _, answer = target.send(*Request.of(operation, right).write(random, wrong=False))
        return status, json.loads(answer)

    for other in ("ListBackupVaults", "ListRecoveryPointsByBackupVault", "ListBackupJobs"):
        _, page = ask(other, **({"ByState": "CREATED"} if other == "ListBackupJobs" else {}))
        token = page.get("NextToken", f"{other}.W10=")
        status, answer = ask(name, NextToken=token)
        refused = (400, "NextToken is not one that this operation has given.")
        assert name == other or (status, answer["Message"]) == refused
    status, page = ask(name)
    assert (status, ask(name, NextToken=page["NextToken"])[0] if "NextToken" in page else 200) == (200, 200)
