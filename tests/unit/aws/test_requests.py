"""The log of requests: each with what its answer told, handed on in parts, never more held than one."""

from typing import Any

import pytest

from auditor.aws.requests import PART, Attempts, RequestLog, SentRequest, answered

WHAT = ("111122223333", "eu-west-1", "backup", "ListBackupJobs")
DATE = 1_772_323_260_000


def answer(status: int = 200, date: str = "Sun, 01 Mar 2026 00:01:00 GMT", **more: Any) -> dict[str, Any]:
    """A parsed answer, as botocore gives it."""
    about = {"HTTPStatusCode": status, "HTTPHeaders": {"date": date}, "RequestId": "id-1"}
    return {"ResponseMetadata": about, **more}


@pytest.mark.parametrize(
    ("parsed", "told"),
    [
        (answer(), (DATE, "id-1", 200, None)),
        (answer(403, Error={"Code": "AccessDenied"}), (DATE, "id-1", 403, "AccessDenied")),
        (answer(200, Error={"Code": "a member of the answer"}), (DATE, "id-1", 200, None)),
        (answer(500, Error="boom"), (DATE, "id-1", 500, None)),
        (answer(date="Sun, 01 Mar 2026 00:01:00 -0000"), (DATE, "id-1", 200, None)),
        (answer(date="yesterday"), (None, "id-1", 200, None)),
        (answer(date="Sun, 01 Mar 9998 00:01:00 GMT"), (None, "id-1", 200, None)),
        ({}, (None, None, None, None)),
    ],
)
def test_a_request_says_what_its_answer_told(parsed: dict[str, Any], told: tuple[Any, ...]) -> None:
    """What it did not tell, or what cannot be, is None."""
    made = answered(WHAT, 5, 7, parsed)

    assert (made[:4], made.attempts, made.started_at, made.ended_at) == (WHAT, 1, 5, 7)
    assert (made.endpoint_at, made.request_id, made.status, made.error) == told


def test_a_request_that_ended_with_an_exception_has_its_kind() -> None:
    """It has neither status nor id."""
    made = answered(WHAT, 5, 7, {}, error=TimeoutError("late"))

    assert (made.status, made.request_id, made.error) == (None, None, "TimeoutError")


def test_an_attempt_is_ended_once() -> None:
    """An answer that could not be parsed ends as an error; what ended before is not ended again."""
    times = iter([10, 12, 20, 23])
    log, given = RequestLog(clock=lambda: next(times)), list[SentRequest]()
    log.hand_to(given.extend)
    attempts = Attempts(log, *WHAT[:2])

    attempts.begin(*WHAT[2:])
    attempts.end((None, answer()), None)
    attempts.end(None, TypeError("again"))
    attempts.begin(*WHAT[2:])
    attempts.end(None, TypeError("no list"))
    log.flush()

    ended = [(one.started_at, one.ended_at, one.error) for one in given]
    assert ended == [(10, 12, None), (20, 23, "Unreadable")]
    assert (log.started, log.ended) == (10, 23)
    assert (log.endpoint_started, log.endpoint_ended) == (DATE, DATE)


@pytest.mark.parametrize(("sent", "parts"), [(PART - 1, [PART - 1]), (PART, [PART]), (PART + 1, [PART, 1])])
def test_requests_are_handed_on_in_parts(sent: int, parts: list[int]) -> None:
    """A part at a time, and the rest at the end."""
    log, given = RequestLog(), list[int]()
    log.hand_to(lambda part: given.append(len(part)))

    for _ in range(sent):
        log.add(answered(WHAT, 1, 2, {}))
    log.flush()

    assert given == parts


def test_a_log_that_nobody_takes_holds_one_part() -> None:
    """So a push, which keeps none, does not grow. Who takes it has that part at once, and all that follow."""
    log, given = RequestLog(), list[int]()

    for _ in range(PART + 5):
        log.add(answered(WHAT, 1, 2, {}))
    log.hand_to(lambda part: given.append(len(part)))
    log.add(answered(WHAT, 1, 2, {}))
    log.flush()

    assert given == [PART, 1]
