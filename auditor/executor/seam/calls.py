"""What drivers share: calls whose failures are `DriverError`s, tags, and the tagging API's inventory."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from auditor.executor.seam.driver import Clients, DriverError, NativeBackup

_T = TypeVar("_T")

GIBIBYTE: Final = 1 << 30

#: The tag by which a resource is known to have been made under a token; services allow 50 tags.
JOB_TAG: Final = "auditor:job"
MAX_TAGS: Final = 50

_CATEGORIES: Final = (
    ("AccessDenied", "ACCESS_DENIED"),
    ("Unauthorized", "ACCESS_DENIED"),
    ("KMS", "KMS_KEY_ERROR"),
    ("NotFound", "RESOURCE_NOT_FOUND"),
    ("NoSuch", "RESOURCE_NOT_FOUND"),
    ("LimitExceeded", "LIMIT_EXCEEDED"),
    ("QuotaExceeded", "LIMIT_EXCEEDED"),
)

#: Refusals after which nothing has happened and which pass: too many requests, or a busy resource. A broken
#: connection is none of them, since what was asked may have been done.
_TRANSIENT: Final = (
    "Throttl",
    "RequestLimitExceeded",
    "TooManyRequests",
    "SlowDown",
    "RateExceeded",
    "ConcurrentSnapshotLimitExceeded",
    "InvalidDBInstanceState",
    "InvalidDBClusterState",
    "InvalidDBSnapshotState",
    "InvalidDBClusterSnapshotState",
    "IncorrectState",
    "ResourceInUse",
    "BackupInUse",
    "TableInUse",
    "BackupInProgress",
    "BackupBeingCopied",
    "InvalidClusterSnapshotState",
    "Unavailable",
)

_NAME_TAKEN: Final = frozenset(
    {
        "InvalidAMIName.Duplicate",
        "DBSnapshotAlreadyExists",
        "DBClusterSnapshotAlreadyExistsFault",
        "ClusterSnapshotAlreadyExists",
    }
)


#: What reads, and what deletes and has nothing left to delete the second time.
_REPEATABLE: Final = ("describe_", "list_", "get_", "head_", "delete_", "deregister_", "terminate_")
_SERVER_ERROR: Final = 500


def call(client: Any, operation: str, **params: Any) -> dict[str, Any]:
    """Call `operation`, named as the client's method; raises `DriverError` with the service's own words."""
    try:
        answer: dict[str, Any] = getattr(client, operation)(**params)
    except (ClientError, BotoCoreError) as error:
        raise driver_error(error, repeatable=operation.startswith(_REPEATABLE)) from error
    return answer


def pages(client: Any, operation: str, member: str, **params: Any) -> list[Any]:
    """Every item of `member` over all pages; raises `DriverError`."""
    return list(stream(client, operation, member, **params))


def stream(client: Any, operation: str, member: str, **params: Any) -> Iterator[Any]:
    """The items of `member`, page by page as they are read; raises `DriverError`."""
    try:
        for page in client.get_paginator(operation).paginate(**params):
            yield from page.get(member, ())
    except (ClientError, BotoCoreError) as error:
        raise driver_error(error, repeatable=True) from error


def chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """`items` in lists of at most `size`."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def driver_error(error: ClientError | BotoCoreError, *, repeatable: bool = False) -> DriverError:
    """The error under the MessageCategory that fits its code (aws-backup.md 1.4).

    After a broken connection or a failure of the service, a `repeatable` call can safely be made again.
    """
    code = error_code(error)
    category = next((category for part, category in _CATEGORIES if part in code), "FATAL_ERROR")
    passes = any(part in code for part in _TRANSIENT)
    return DriverError(str(error), category, transient=passes or (repeatable and _is_passing(error)))


def _is_passing(error: ClientError | BotoCoreError) -> bool:
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= _SERVER_ERROR
    return isinstance(error, HTTPClientError | BotoConnectionError)


def error_code(error: BaseException | None) -> str:
    """AWS's error code, "" for an error that does not come from AWS."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def make_once(make: Callable[[], NativeBackup], find: Callable[[], NativeBackup | None]) -> NativeBackup:
    """What `make` makes, or what an earlier call of it has made.

    A call is sent again when the connection breaks before its answer. If the first one was carried out, the
    name is taken, or `find` finds the resource. Raises `DriverError`.
    """
    try:
        return make()
    except DriverError as error:
        lost = isinstance(error.__cause__, HTTPClientError)
        found = find() if lost or error_code(error.__cause__) in _NAME_TAKEN else None
        if found is not None:
            return found
        if not lost:
            raise
        return make()


def send_once(client: Any, operation: str) -> None:
    """Keep botocore from repeating a call whose answer was lost: that would make a second backup."""
    service, name = client.meta.service_model.service_id, client.meta.method_to_api_mapping[operation]
    event = f"needs-retry.{service.hyphenize()}.{name}"
    client.meta.events.register_first(event, _give_up, unique_id=f"send-once-{name}")


def _give_up(caught_exception: Exception | None = None, **_: Any) -> None:
    if caught_exception is not None:
        raise caught_exception


def delete_once(client: Any, operation: str, gone: Iterable[str], **params: Any) -> None:
    """Call a deletion; the error codes in `gone` say that it was done before, which is a success."""
    try:
        call(client, operation, **params)
    except DriverError as error:
        if error_code(error.__cause__) not in gone:
            raise


def found_once(client: Any, operation: str, member: str, gone: Iterable[str], **params: Any) -> list[Any]:
    """Every item over all pages; none where an error code in `gone` says that there is nothing."""
    try:
        return pages(client, operation, member, **params)
    except DriverError as error:
        if error_code(error.__cause__) in gone:
            return []
        raise


def check_settled(
    arn: str, state: str | None, *, complete: Iterable[str], making: Iterable[str], reason: str = ""
) -> bool:
    """Whether a backup in this `state` is complete; None means that there is none. Raises `DriverError`."""
    if state is None:
        raise DriverError(f"{arn} does not exist.", "RESOURCE_NOT_FOUND")
    if state not in {*complete, *making}:
        raise DriverError(f"{arn} was not made: its state is {state}. {reason}".rstrip(), "INVALID_STATE")
    return state in complete


def marked(tags: Mapping[str, str], token: str) -> dict[str, str]:
    """`tags` and, where there is room for it, the mark of what is made under `token`."""
    return {**tags, JOB_TAG: token} if len(tags) < MAX_TAGS else dict(tags)


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_map(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags as most services give them."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def tags_by_arn(
    clients: Clients, account_id: str, region: str, resource_type: str
) -> dict[str, dict[str, str]]:
    """Tags of every tagged resource of a type, e.g. "dynamodb:table", in one call a page."""
    client = clients("resourcegroupstaggingapi", account_id, region)
    found = pages(client, "get_resources", "ResourceTagMappingList", ResourceTypeFilters=[resource_type])
    return {item["ResourceARN"]: tag_map(item.get("Tags")) for item in found}


def flag(metadata: Mapping[str, str], key: str) -> bool:
    """A restore metadatum that is true or false."""
    return metadata.get(key, "").lower() == "true"


def whole(metadata: Mapping[str, str], key: str) -> int:
    """A restore metadatum that is a whole number; raises `DriverError`."""
    try:
        return int(metadata[key])
    except ValueError:
        raise DriverError(f"Restore metadata {key} must be a whole number.", "INVALID_STATE") from None


def test_name(token: str) -> str:
    """The name of a resource that is restored as a test."""
    return f"awsbackup-restore-test-{token.lower()}"


def name_of(arn: str) -> str:
    """What follows the last slash or colon of an ARN."""
    return arn.replace("/", ":").rsplit(":", 1)[-1]
