"""Two executors at one job: one stands still before any request to the store, and goes on after the other.

Whichever is overtaken, and wherever: one recovery point is there, whole, and nothing else is left for good.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
import time_machine

from auditor.executor.drivers import make_drivers, s3_intake
from auditor.executor.seam.continuous import LOOK_MS
from auditor.executor.seam.driver import DriverError, NativeBackup
from auditor.model.organization import Resource

Clients = Callable[[str, str, str], Any]

ACCOUNT, REGION = "123456789012", "eu-west-1"
HERE = (ACCOUNT, REGION)
STORE = f"backup-{ACCOUNT}-{REGION}"
START = datetime(2026, 1, 5, tzinfo=UTC)
#: More requests than anything makes here.
MANY = 200


def token(number: int) -> str:
    """The id of the n-th job."""
    return str(uuid5(UUID(int=0), str(number))).upper()


class Killed(BaseException):
    """The process ends."""


class Case:
    """A resource that is backed up into the store, and whose content is one text."""

    kind = ("", True)

    def __init__(self, clients: Clients, folder: Path) -> None:
        self.clients, self.folder = clients, folder
        self.now = START
        self.s3 = clients("s3", *HERE)
        self.restores = count(1000)
        self.mounts: dict[str, Path] = {}
        self.make()
        (self.resource,) = [one for one in self.driver().discover(*HERE) if self.is_ours(one)]

    def make(self) -> None:
        """Make the resource."""

    def is_ours(self, resource: Resource) -> bool:
        """Whether it is the resource."""
        return resource.name == "data"

    def clock(self) -> datetime:
        """A second later each time."""
        self.now += timedelta(seconds=1)
        return self.now

    def driver(self) -> Any:
        """A driver as a new process has it."""
        drivers = make_drivers(self.clients, self.clock, mounts=self.mounts)
        return next(one for one in drivers if (one.resource_type, one.fully_managed) == self.kind)

    def change(self, text: str) -> None:
        """Put a text in the place of another."""
        raise NotImplementedError

    def text(self, arn: str) -> str:
        """What is restored."""
        raise NotImplementedError

    def back_up(self, number: int) -> NativeBackup:
        """The n-th job."""
        made = self.driver().back_up(self.resource, vault_key_arn=None, token=token(number), tags={})
        assert isinstance(made, NativeBackup)
        return made

    def back_up_changed(self, number: int) -> NativeBackup:
        """The n-th job, after a change."""
        self.change("changed")
        return self.back_up(number)

    def back_up_and_delete(self, number: int) -> None:
        """The n-th job, and the end of its recovery point."""
        self.driver().delete(self.back_up(number).arn, *HERE)

    def find(self, number: int) -> NativeBackup | None:
        """What the n-th job has made."""
        found = self.driver().find(token(number), *HERE)
        assert found is None or isinstance(found, NativeBackup)
        return found

    def stored(self) -> list[str]:
        """Every name in the store."""
        found = self.s3.list_objects_v2(Bucket=STORE).get("Contents", ())
        return [item["Key"] for item in found]


class BucketCase(Case):
    """A bucket with an object that changes and one that stays."""

    kind = ("S3", True)

    def make(self) -> None:
        """Versioned, as it must be."""
        where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
        self.s3.create_bucket(Bucket="data", **where)
        self.s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
        self.s3.put_object(Bucket="data", Key="stays", Body=b"same")

    def change(self, text: str) -> None:
        """A new version."""
        self.s3.put_object(Bucket="data", Key="changes", Body=text.encode())

    def text(self, arn: str, **more: str) -> str:
        """Both objects of a new bucket."""
        number = next(self.restores)
        wanted = {"DestinationBucketName": f"new-{number}", "NewBucket": "true", **more}
        self.driver().restore(arn, place=HERE, metadata=wanted, token=token(number), tags={})
        read = {key: self.s3.get_object(Bucket=f"new-{number}", Key=key) for key in ("stays", "changes")}
        assert read["stays"]["Body"].read() == b"same"
        return str(read["changes"]["Body"].read().decode())


class TreeCase(Case):
    """A file system with a file that changes and one that stays."""

    kind = ("EFS", True)

    def make(self) -> None:
        """Mounted."""
        made = self.clients("efs", *HERE).create_file_system(CreationToken="data")
        root = self.folder / "mnt"
        root.mkdir()
        (root / "stays").write_text("same")
        self.mounts = {made["FileSystemId"]: root}
        self.root, self.name = root, made["FileSystemId"]

    def is_ours(self, resource: Resource) -> bool:
        """There is one file system."""
        return resource.resource_type == "EFS"

    def change(self, text: str) -> None:
        """Other content."""
        (self.root / "changes").write_text(text)

    def text(self, arn: str) -> str:
        """Both files of a directory, which is taken away again."""
        number = next(self.restores)
        metadata = {"file-system-id": self.name, "directory": "restored"}
        self.driver().restore(arn, place=HERE, metadata=metadata, token=token(number), tags={})
        (found,) = (self.root / "restored").iterdir()
        read = {path.name: path.read_text() for path in found.iterdir()}
        for path in [*found.iterdir(), found]:
            path.rmdir() if path.is_dir() else path.unlink()
        (self.root / "restored").rmdir()
        assert (read.pop("stays"), set(read)) == ("same", {"changes"})
        return read["changes"]


class TableCase(Case):
    """A table of several pages, with an item that changes."""

    kind = ("DynamoDB", True)

    def make(self) -> None:
        """Three items of which a page takes two."""
        self.dynamodb = self.clients("dynamodb", *HERE)
        self.dynamodb.create_table(
            TableName="data",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.change("")
        for number in range(3):
            item = {"id": {"S": f"large-{number}"}, "text": {"S": "x" * 390_000}}
            self.dynamodb.put_item(TableName="data", Item=item)

    def change(self, text: str) -> None:
        """Another item in the place of the first, and one in the last page."""
        for key in ("a", "z"):
            self.dynamodb.put_item(TableName="data", Item={"id": {"S": key}, "text": {"S": text}})

    def text(self, arn: str) -> str:
        """An item of each page."""
        name = f"new-{next(self.restores)}"
        metadata = {"targetTableName": name}
        self.driver().restore(arn, place=HERE, metadata=metadata, token=token(0), tags={})
        found = self.dynamodb.scan(TableName=name, FilterExpression="attribute_exists(id)")["Items"]
        while len(found) < self.dynamodb.describe_table(TableName=name)["Table"]["ItemCount"]:
            start = {"id": found[-1]["id"]}
            found += self.dynamodb.scan(TableName=name, ExclusiveStartKey=start)["Items"]
        texts = {item["id"]["S"]: item["text"]["S"] for item in found}
        assert len(texts) == 5
        assert texts["a"] == texts["z"]
        return str(texts["a"])


class StackCase(Case):
    """A stack whose parameter changes."""

    kind = ("CloudFormation", True)

    def make(self) -> None:
        """Of nothing."""
        template = '{"Parameters": {"Text": {"Type": "String"}}, "Resources": {}}'
        self.stacks = self.clients("cloudformation", *HERE)
        given = [{"ParameterKey": "Text", "ParameterValue": "none"}]
        self.stacks.create_stack(StackName="data", TemplateBody=template, Parameters=given)

    def change(self, text: str) -> None:
        """Another value; CloudFormation refuses the same one."""
        (stack,) = self.stacks.describe_stacks(StackName="data")["Stacks"]
        if stack["Parameters"][0]["ParameterValue"] == text:
            return
        given = [{"ParameterKey": "Text", "ParameterValue": text}]
        self.stacks.update_stack(StackName="data", UsePreviousTemplate=True, Parameters=given)

    def text(self, arn: str) -> str:
        """The parameter."""
        found = self.driver().restore_metadata(arn, *HERE)["StackParameters"]
        return str(found).split('"')[7]


@pytest.fixture(params=[BucketCase, TreeCase, TableCase, StackCase], ids=lambda case: case.kind[0])
def case(
    request: pytest.FixtureRequest, clients: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Case:
    """Each type that lies in the store; objects are copied one after the other."""
    monkeypatch.setattr(s3_intake, "WORKERS", 1)
    made: Case = request.param(clients, tmp_path)
    return made


@pytest.fixture(params=[pytest.param(5, id="some"), pytest.param(1, id="every", marks=pytest.mark.long)])
def step(request: pytest.FixtureRequest) -> int:
    """Which requests are stopped at: each fifth from the first on, and in `make test-long` every one."""
    return int(request.param)


@pytest.fixture
def bucket(clients: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BucketCase:
    """A bucket; objects are copied one after the other."""
    monkeypatch.setattr(s3_intake, "WORKERS", 1)
    return BucketCase(clients, tmp_path)


class Stop:
    """Stands still before the n-th request to the store until `meanwhile` is done, and then goes on.

    With `killed` it goes on until it deletes something, and ends there.
    """

    def __init__(self, number: int, meanwhile: Callable[[], Any], *, killed: bool = False) -> None:
        self.number, self.meanwhile, self.killed = number, meanwhile, killed
        self.made: Any = None
        self.error: DriverError | None = None
        self.stood = False

    def before(self, model: Any, params: dict[str, Any], **_event: Any) -> None:
        """Called before each request."""
        if STORE not in params["url"]:
            return
        if self.stood:
            if self.killed and model.name.startswith("DeleteObject"):
                raise Killed
            return
        self.number -= 1
        if self.number == 0:
            self.stood = True
            killed, self.killed = self.killed, False
            try:
                self.made = self.meanwhile()
            except DriverError as error:
                self.error = error
            self.killed = killed


@contextmanager
def stopped(case: Case, stop: Stop) -> Iterator[None]:
    """Have `stop` see each request."""
    case.s3.meta.events.register("before-call.s3", stop.before)
    try:
        yield
    finally:
        case.s3.meta.events.unregister("before-call.s3", stop.before)


def attempt(case: Case, stop: Stop, doing: Callable[[], Any]) -> Any:
    """Do something with a stop in it; gives what it gave, or the error."""
    with stopped(case, stop):
        try:
            return doing()
        except DriverError as error:
            return error
        except Killed:
            return None


def killed_before_the_end(case: Case, doing: Callable[[], Any]) -> None:
    """Do something, and be killed before the claim says for the second time what was done."""
    written = count()

    def watch(params: dict[str, Any], **_event: Any) -> None:
        if params["url_path"].endswith("/job.json") and next(written):
            raise Killed

    case.s3.meta.events.register("before-call.s3.PutObject", watch)
    with pytest.raises(Killed):
        doing()
    case.s3.meta.events.unregister("before-call.s3.PutObject", watch)


def empty(case: Case, *arns: str) -> None:
    """After recovery points were deleted, nothing is left."""
    for arn in arns:
        case.driver().delete(arn, *HERE)
    assert case.stored() == []


@pytest.mark.parametrize("killed", [False, True])
def test_an_overtaken_attempt_changes_nothing(case: Case, step: int, *, killed: bool) -> None:
    """The recovery point of one of two attempts is there, whole, and the other one's leaves nothing.

    An attempt that is killed while it takes away what it has made leaves that to the next deletion.
    """
    case.change("base")
    base = case.back_up(0)
    before = case.stored()
    overtaken = 0
    for number in range(1, MANY, step):
        case.change("first")
        stop = Stop(number, partial(case.back_up_changed, number), killed=killed)
        first = attempt(case, stop, partial(case.back_up, number))
        found = case.find(number)
        assert found is not None
        if stop.made is not None:
            overtaken += 1
            assert found == stop.made
            assert killed or "was taken over or deleted meanwhile" in str(first)
            assert not getattr(first, "transient", False)
        else:
            assert found == first
            assert not stop.stood or "was taken over" in str(stop.error)
        assert case.text(found.arn) == ("first" if stop.made is None else "changed")
        case.driver().delete(found.arn, *HERE)
        assert case.find(number) is None
        assert killed or case.stored() == before
        if not stop.stood:
            break
    assert overtaken > 1 // step
    assert case.text(base.arn) == "base"
    later = case.back_up(MANY)
    empty(case, base.arn, later.arn)


def test_an_attempt_that_comes_back_after_the_deletion(case: Case, step: int) -> None:
    """It makes nothing, or, where it had not begun, a recovery point that can be deleted again."""
    case.change("base")
    base = case.back_up(0)
    before = case.stored()
    for number in range(1, MANY, step):
        stop = Stop(number, partial(case.back_up_and_delete, number))
        first = attempt(case, stop, partial(case.back_up, number))
        found = case.find(number)
        assert found == (None if isinstance(first, DriverError) else first)
        if found is not None:
            assert case.text(found.arn) == "base"
            case.driver().delete(found.arn, *HERE)
        assert case.stored() == before
        if not stop.stood:
            break
    assert number > 3
    empty(case, base.arn)


@pytest.mark.parametrize(
    ("case", "whole"),
    [(BucketCase, False), (TreeCase, True), (TableCase, False), (TableCase, True), (StackCase, False)],
    indirect=["case"],
)
def test_an_overtaken_clean_up_deletes_what_it_has_found_and_no_more(
    case: Case, step: int, *, whole: bool
) -> None:
    """From its first look on: what is begun anew after that stays, whatever is still to be deleted."""
    case.change("base")
    base = case.back_up(0)
    before = case.stored()
    overtaken = 0
    for number in range(1, MANY, step):
        if whole:
            case.back_up(number)
        else:
            killed_before_the_end(case, partial(case.back_up, number))
        assert (case.find(number) is not None) == whole
        stop = Stop(number, partial(case.back_up_changed, number))
        undone = attempt(case, stop, partial(case.driver().undo, token(number), *HERE))
        assert undone is None or "was taken over" in str(undone)
        found = case.find(number)
        if stop.made is not None and number > 1:
            overtaken += 1
            assert found == stop.made
            assert case.text(stop.made.arn) == "changed"
            case.driver().delete(stop.made.arn, *HERE)
        else:
            assert found is None
        assert case.stored() == before
        if not stop.stood:
            break
    assert overtaken > 1 // step
    empty(case, base.arn)


@pytest.mark.parametrize("first", ["delete", "back up"])
def test_a_deletion_beside_a_job_of_the_same_group(bucket: Case, step: int, first: str) -> None:
    """Wherever either stands still, the job's recovery point is whole and the other one is gone."""
    case = bucket
    case.change("same")
    for number in range(1, MANY, step):
        base = case.back_up(2 * number)
        deletion = partial(case.driver().delete, base.arn, *HERE)
        job = partial(case.back_up, 2 * number + 1)
        doing, meanwhile = (deletion, job) if first == "delete" else (job, deletion)
        stop = Stop(number, meanwhile)
        attempt(case, stop, doing)
        if not stop.stood:
            meanwhile()
        made = case.find(2 * number + 1)
        assert made is not None
        assert case.find(2 * number) is None
        assert case.text(made.arn) == "same"
        empty(case, made.arn)
        if not stop.stood:
            break
    assert number > 3


class Looks:
    """A continuous recovery point, and a bucket whose versions are dated as the looks are."""

    def __init__(self, case: BucketCase, traveller: Any) -> None:
        self.case, self.traveller = case, traveller
        self.write("begin")
        made = case.driver().start(case.resource, vault_key_arn=None, token=token(1), days=1)
        self.arn = str(made.arn)

    def write(self, text: str) -> None:
        """A new version, dated now; what comes after is later."""
        self.traveller.move_to(self.case.now)
        self.case.change(text)
        self.case.now += timedelta(seconds=3)

    def forget(self) -> None:
        """Delete for good whatever is noncurrent."""
        found = self.case.s3.list_object_versions(Bucket="data")["Versions"]
        for item in found:
            if not item["IsLatest"]:
                where = {"Bucket": "data", "Key": item["Key"], "VersionId": item["VersionId"]}
                self.case.s3.delete_object(**where)

    def look(self) -> None:
        """As a new process does it."""
        self.case.driver().refresh(self.arn, *HERE)

    def overtake(self, text: str) -> None:
        """Look after another change."""
        self.write(text)
        self.look()

    def newest(self) -> str:
        """What the latest time is restored to."""
        until = self.case.driver().restore_metadata(self.arn, *HERE)["LatestRestorableTime"]
        return self.case.text(self.arn, RestoreTime=until)


@pytest.fixture
def looks(clients: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Looks]:
    """A bucket at the time that its driver is told; objects are copied one after the other."""
    monkeypatch.setattr(s3_intake, "WORKERS", 1)
    with time_machine.travel(START, tick=False) as traveller:
        yield Looks(BucketCase(clients, tmp_path), traveller)


@pytest.mark.parametrize("killed", [False, True])
def test_overtaken_looks(looks: Looks, step: int, *, killed: bool) -> None:
    """Of two looks one makes the edition that counts: whatever the other still does, it is whole."""
    bucket, overtaken = looks.case, 0
    periodic = bucket.back_up(0)

    for number in range(1, MANY, step):
        if number % 2:
            looks.forget()
        looks.write(f"first {number}")
        bucket.now += timedelta(milliseconds=LOOK_MS) if number % 4 else timedelta(days=1, hours=1)
        stop = Stop(number, partial(looks.overtake, f"second {number}"), killed=killed)
        first = attempt(bucket, stop, looks.look)
        assert stop.error is None
        assert first is None or "was taken over" in str(first)
        overtaken += first is not None
        bucket.now += timedelta(milliseconds=LOOK_MS)
        looks.look()
        assert looks.newest() == f"{'second' if stop.stood else 'first'} {number}"
        if not stop.stood:
            break
    assert killed or overtaken >= 6 // step
    assert bucket.text(periodic.arn) == "begin"
    later = bucket.back_up(2)
    empty(bucket, looks.arn, periodic.arn, later.arn)
