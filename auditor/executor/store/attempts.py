"""Which attempt at a recovery point counts, when two executors work on one job.

    <token>/job.json    a `Claim`, written only in place of what its writer has read

An executor may stand still for longer than its lease, and go on when another one has begun its job anew. Each
attempt has a name of its own under which everything that it stores lies, and the claim says which attempt may
make the recovery point: BEGUN, then WHOLE, then OVER, after which the token may be begun again. S3 compares
and writes in one step (PutObject with If-Match or If-None-Match), so an attempt that was taken over publishes
nothing, and what it deletes is its own.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import uuid4

from auditor.executor.seam.driver import DriverError, Place
from auditor.executor.store.objects import ChangedError, Store

BEGUN: Final = "BEGUN"
WHOLE: Final = "WHOLE"
OVER: Final = "OVER"

#: How often a claim that others change meanwhile is read again.
_TRIES: Final = 20


class TakenOverError(DriverError):
    """This attempt no longer counts: another one does, or none; what it has made is not a recovery point."""

    def __init__(self, token: str, *, gone: bool = False) -> None:
        category = "RESOURCE_NOT_FOUND" if gone else "FATAL_ERROR"
        super().__init__(f"Recovery point {token} was taken over or deleted meanwhile.", category)


@dataclass(frozen=True, slots=True)
class Claim:
    """What `job.json` says. `about` is the driver's own; `version` is the ETag that this was read as."""

    token: str
    kms_key: str | None
    attempt: str = ""
    state: str = BEGUN
    about: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""


def new_attempt(token: str) -> str:
    """A name that no other attempt has."""
    return f"{token}-{uuid4().hex}"


def token_of_attempt(attempt: str) -> str:
    """The token of an attempt's name."""
    return attempt.rpartition("-")[0]


class Claims:
    """The claims in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, place: Place, token: str) -> Claim | None:
        """The claim as it is now; None where nothing was made, or nothing is left."""
        found = self._store.find_version(place, claim_key(token))
        if found is None:
            return None
        document, version = found
        return Claim(token=token, **document, version=version)

    def find(self, place: Place, token: str) -> Claim | None:
        """The claim of a recovery point that is whole."""
        found = self.read(place, token)
        return found if found is not None and found.state == WHOLE else None

    def write(self, place: Place, claim: Claim) -> Claim:
        """Put `claim` in place of the version that it names; raises `TakenOverError` where that is gone."""
        names = ("kms_key", "attempt", "state", "about")
        document = {name: getattr(claim, name) for name in names}
        try:
            version = self._store.put_version(
                place, claim_key(claim.token), document, version=claim.version, kms_key=claim.kms_key
            )
        except ChangedError as error:
            found = self.read(place, claim.token)
            raise TakenOverError(claim.token, gone=found is None or found.state == OVER) from error
        return replace(claim, version=version)

    def begin(self, place: Place, claim: Claim) -> tuple[Claim, Claim | None]:
        """Begin a new attempt; gives it, and the claim that it has replaced.

        Raises `TakenOverError` where a recovery point is whole: another attempt was quicker.
        """
        found = self.read(place, claim.token)
        if found is not None and found.state == WHOLE:
            raise TakenOverError(claim.token)
        version = "" if found is None else found.version
        name = new_attempt(claim.token)
        return self.write(place, replace(claim, attempt=name, state=BEGUN, version=version)), found

    @contextmanager
    def attempting(self, place: Place, claim: Claim, clear: Callable[[], None]) -> Iterator[None]:
        """Do what `claim` has begun; if that fails and the attempt no longer counts, `clear` what it made.

        Raises `TakenOverError` then, whatever the failure was.
        """
        try:
            yield
        except DriverError as error:
            found = self.read(place, claim.token)
            if found is not None and found.attempt == claim.attempt and found.state != OVER:
                raise
            with suppress(DriverError):  # else a later sweep does it
                clear()
            if isinstance(error, TakenOverError):
                raise
            raise TakenOverError(claim.token, gone=found is None or found.state == OVER) from error

    def end(
        self, place: Place, token: str, states: Container[str], give_up: Callable[[Claim], None]
    ) -> Claim | None:
        """End an attempt that is in one of `states`: it makes nothing more. Gives the claim as it is then.

        `give_up` is called before a recovery point that was whole ends. Raises `TakenOverError` where a newer
        attempt has begun meanwhile.
        """
        attempt = None
        for _ in range(_TRIES):
            found = self.read(place, token)
            if found is None or found.state not in states:
                return found
            if found.attempt != (attempt or found.attempt):
                raise TakenOverError(token)
            attempt = found.attempt
            if found.state == WHOLE:
                give_up(found)
            with suppress(TakenOverError):
                return self.write(place, replace(found, state=OVER))
        raise DriverError(f"Recovery point {token} is changed again and again.", transient=True)

    def remove(self, place: Place, claim: Claim) -> None:
        """Delete a claim of which nothing is left, unless the token was begun again meanwhile."""
        self._store.delete_version(place, claim_key(claim.token), claim.version)


def claim_key(token: str) -> str:
    """Where the claim of a token lies."""
    return f"{token}/job.json"
