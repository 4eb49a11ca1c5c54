"""What can go wrong with one operation: refused, throttled, broken, unreadable, cut off, without end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

#: The codes of "not allowed" and of "too many" by botocore's service; else the first.
DENIED = {"": "AccessDeniedException", "ec2": "UnauthorizedOperation", "rds": "AccessDenied",
          "s3": "AccessDenied", "sts": "AccessDenied"}  # fmt: skip
THROTTLED = {"": "ThrottlingException", "ec2": "RequestLimitExceeded", "rds": "Throttling",
             "s3": "SlowDown", "sts": "Throttling"}  # fmt: skip

Kind = Literal["refuse", "body", "reset", "cut", "repeat"]


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


def denied(operation: str, **where: str | int) -> Fault:
    """The caller may not."""
    return Fault(operation, status=403, **where)  # type: ignore[arg-type]


def throttled(operation: str, **where: str | int) -> Fault:
    """Too many calls."""
    return Fault(operation, code=THROTTLED, message="Rate exceeded", **where)  # type: ignore[arg-type]


def refused(operation: str, code: str, status: int = 400, **where: str | int) -> Fault:
    """Refused with a code of one's own."""
    return Fault(operation, code={"": code}, status=status, **where)  # type: ignore[arg-type]


def broken(operation: str, **where: str | int) -> Fault:
    """The service has an internal error."""
    return refused(operation, "InternalFailure", 500, message="try later", **where)  # type: ignore[arg-type]


def body(operation: str, content: bytes, **where: str | int) -> Fault:
    """A good status over any body at all."""
    return Fault(operation, "body", body=content, **where)  # type: ignore[arg-type]


def html(operation: str, **where: str | int) -> Fault:
    """The page of a proxy."""
    return body(operation, b"<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>", **where)


def reset(operation: str, **where: str | int) -> Fault:
    """The connection is reset instead of an answer."""
    return Fault(operation, "reset", **where)  # type: ignore[arg-type]


def cut(operation: str, **where: str | int) -> Fault:
    """The first half of the right body, as if it were all."""
    return Fault(operation, "cut", **where)  # type: ignore[arg-type]


def repeated(operation: str, **where: str | int) -> Fault:
    """A listing that gives the same page and the same next token for ever."""
    return Fault(operation, "repeat", **where)  # type: ignore[arg-type]
