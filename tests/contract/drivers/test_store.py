"""The store's conditional requests, and answers that are lost or break off."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, IncompleteReadError
from botocore.response import StreamingBody

from auditor.executor.seam.driver import DriverError
from auditor.executor.store.objects import ChangedError, Store

Clients = Callable[[str, str, str], Any]

HERE = ("123456789012", "eu-west-1")


@pytest.fixture
def store(clients: Clients) -> Store:
    """An empty store."""
    return Store(clients, {})


def test_a_version_is_replaced_and_deleted_only_as_what_it_was_read_as(store: Store) -> None:
    """Whoever has read something else is told so, and changes nothing."""
    first = store.put_version(HERE, "a", {"n": 1}, version="", kms_key=None)
    second = store.put_version(HERE, "a", {"n": 2}, version=first, kms_key=None)
    for version in ("", first):
        with pytest.raises(ChangedError):
            store.put_version(HERE, "a", {"n": 3}, version=version, kms_key=None)
    store.delete_version(HERE, "a", first)
    assert store.find_version(HERE, "a") == ({"n": 2}, second)

    store.delete_version(HERE, "a", second)
    store.delete_version(HERE, "a", second)
    assert store.find_version(HERE, "a") is None
    with pytest.raises(ChangedError):
        store.put_version(HERE, "a", {"n": 3}, version=second, kms_key=None)


def test_a_lost_answer_of_what_was_done_is_no_failure(store: Store, clients: Clients) -> None:
    """The object tells; where it does not have it, nothing is known and the failure passes."""
    version = store.put_version(HERE, "a", {"n": 1}, version="", kms_key=None)
    events = clients("s3", *HERE).meta.events

    def lose(**_event: Any) -> None:
        raise ConnectionClosedError(endpoint_url="https://s3")

    events.register("after-call.s3.PutObject", lose)
    version = store.put_version(HERE, "a", {"n": 2}, version=version, kms_key=None)
    events.unregister("after-call.s3.PutObject", lose)
    assert store.find_version(HERE, "a") == ({"n": 2}, version)

    events.register("before-call.s3.PutObject", lose)
    with pytest.raises(DriverError) as caught:
        store.put_version(HERE, "a", {"n": 3}, version=version, kms_key=None)
    events.unregister("before-call.s3.PutObject", lose)
    assert caught.value.transient


def test_a_body_that_breaks_off_passes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore's error does not end the process."""
    store.put_json(HERE, "a", {"n": 1}, kms_key=None)

    def read(_body: StreamingBody, amt: int | None = None) -> bytes:  # noqa: ARG001 -- botocore's
        raise IncompleteReadError(actual_bytes=1, expected_bytes=7)

    monkeypatch.setattr(StreamingBody, "read", read)
    with pytest.raises(DriverError) as caught:
        store.get_json(HERE, "a")
    assert caught.value.transient
