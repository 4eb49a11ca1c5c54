"""Two executors at one job: one stands still before any request to the store, and goes on after the other.

Whichever is overtaken, and wherever: one recovery point is there, whole, and nothing else is left for good.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import time_machine

from auditor.executor.drivers import s3_intake
from auditor.executor.seam.continuous import LOOK_MS
from auditor.executor.seam.driver import DriverError
from tests.contract.drivers.bucket_world import HERE, START, STORE, token
from tests.contract.drivers.kinds import Clients
from tests.contract.drivers.stored_resources import BucketCase, Case, Killed, StackCase, TableCase, TreeCase

#: More requests than anything makes here.
MANY = 200


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


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
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
