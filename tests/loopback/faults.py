"""What can go wrong with one operation: refused, throttled, broken, unreadable, cut off, without end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict, Unpack

#: The codes of "not allowed" and of "too many" by botocore's service; else the first.
DENIED = {"": "AccessDeniedException", "ec2": "UnauthorizedOperation", "rds": "AccessDenied",
          "s3": "AccessDenied", "sts": "AccessDenied"}  # fmt: skip
THROTTLED = {"": "ThrottlingException", "ec2": "RequestLimitExceeded", "rds": "Throttling",
             "s3": "SlowDown", "sts": "Throttling"}  # fmt: skip


class Where(TypedDict, total=False):
    """Which calls of an operation go wrong, as in `Fault`."""

    account_id: str
    region: str
    first: int
    times: int | None


Kind = Literal["refuse", "body", "reset", "cut", "repeat", "renew", "other"]


@dataclass
class Fault:
    """One operation goes wrong, in one account and Region or ("") everywhere.

    `first` is the first call that goes wrong (from 1) and `times` how many do (None: every one from there).
    For AssumeRole `account_id` is the account whose role is assumed.
    """

    operation: str
    kind: Kind = "refuse"
    code: Mapping[str, str] = field(default_factory=lambda: DENIED)
    status: int = 400
    message: str = "not allowed here"
    body: bytes = b""
    other: Callable[[bytes], bytes] = bytes
    account_id: str = ""
    region: str = ""
    first: int = 1
    times: int | None = None
    seen: int = field(default=0, compare=False)

    def hits(self, operation: str, account_id: str, region: str) -> bool:
        """Whether this call goes wrong; counts the calls of the operation."""
        if operation != self.operation or (self.account_id or account_id) != account_id:
            return False
        if (self.region or region) != region:
            return False
        self.seen += 1
        return self.first <= self.seen and (self.times is None or self.seen < self.first + self.times)

    def code_for(self, service: str) -> str:
        """The error code that `service` uses."""
        return self.code.get(service, self.code[""])


def denied(operation: str, **where: Unpack[Where]) -> Fault:
    """The caller may not."""
    return Fault(operation, status=403, **where)


def throttled(operation: str, **where: Unpack[Where]) -> Fault:
    """Too many calls."""
    return Fault(operation, code=THROTTLED, message="Rate exceeded", **where)


def refused(operation: str, code: str, status: int = 400, **where: Unpack[Where]) -> Fault:
    """Refused with a code of one's own."""
    return Fault(operation, code={"": code}, status=status, **where)


def broken(operation: str, **where: Unpack[Where]) -> Fault:
    """The service has an internal error."""
    return Fault(operation, code={"": "InternalFailure"}, status=500, message="try later", **where)


def body(operation: str, content: bytes, **where: Unpack[Where]) -> Fault:
    """A good status over any body at all."""
    return answered(operation, 200, content, **where)


def answered(operation: str, status: int, content: bytes, **where: Unpack[Where]) -> Fault:
    """Any status over any body at all."""
    return Fault(operation, "body", status=status, body=content, **where)


def html(operation: str, **where: Unpack[Where]) -> Fault:
    """The page of a proxy."""
    return body(operation, b"<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>", **where)


def reset(operation: str, **where: Unpack[Where]) -> Fault:
    """The connection is reset instead of an answer."""
    return Fault(operation, "reset", **where)


def cut(operation: str, **where: Unpack[Where]) -> Fault:
    """The first half of the right body, as if it were all."""
    return Fault(operation, "cut", **where)


def renewed(operation: str, **where: Unpack[Where]) -> Fault:
    """A listing that gives the same page for ever, with another next token each time."""
    return Fault(operation, "renew", **where)


def other(operation: str, change: Callable[[bytes], bytes], **where: Unpack[Where]) -> Fault:
    """The right body, changed."""
    return Fault(operation, "other", other=change, **where)


def repeated(operation: str, **where: Unpack[Where]) -> Fault:
    """A listing that gives the same page and the same next token for ever."""
    return Fault(operation, "repeat", **where)
