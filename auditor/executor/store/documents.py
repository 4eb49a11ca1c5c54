"""Recovery points that share nothing with others: a document, and what an attempt has stored beside it.

<token>/job.json                    a `Claim` that has the document
<token>/<attempt>/<name>            what an attempt has stored besides
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from auditor.executor.seam.driver import DriverError, NativeBackup, Place
from auditor.executor.store.attempts import BEGUN, OVER, WHOLE, Claim, Claims
from auditor.executor.store.objects import Store


class Documents:
    """Documents in a store, each with the `NativeBackup` that it is."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._claims = Claims(store)

    @contextmanager
    def attempting(self, place: Place, token: str, kms_key: str | None) -> Iterator[Claim]:
        """Begin what is to be made under `token`, and make it.

        Raises `TakenOverError` where another attempt counts by the end, and takes away what was stored.
        """
        claim, old = self._claims.begin(place, Claim(token, kms_key))
        with self._claims.attempting(place, claim, lambda: self._clear(place, token)):
            if old is not None:
                self.store.delete(place, folder(old))
            yield claim

    def publish(
        self, place: Place, claim: Claim, backup: NativeBackup, document: Mapping[str, Any]
    ) -> NativeBackup:
        """Make `backup` of what was stored and `document`; raises `TakenOverError`."""
        about = {**document, "backup": asdict(backup)}
        self._claims.write(
            place, Claim(claim.token, claim.kms_key, claim.attempt, WHOLE, about, claim.version)
        )
        return backup

    def find_backup(self, place: Place, token: str) -> NativeBackup | None:
        """What was made whole under `token` and is not deleted."""
        claim = self._claims.find(place, token)
        return None if claim is None else NativeBackup(**claim.about["backup"])

    def get(self, place: Place, token: str) -> Claim:
        """The claim of what was made whole; raises `DriverError`."""
        claim = self._claims.find(place, token)
        if claim is None:
            raise DriverError(f"Recovery point {token} is not stored whole.", "RESOURCE_NOT_FOUND")
        return claim

    def objects(self, place: Place, token: str) -> Iterator[str]:
        """The keys of what belongs to a recovery point besides its claim; raises `DriverError`."""
        own = folder(self.get(place, token))
        for item in self.store.below(place, own):
            yield f"{own}/{item.name}"

    def delete(self, place: Place, token: str) -> None:
        """Delete a recovery point; one that is gone already is a success."""
        self._end(place, token, WHOLE)

    def undo(self, place: Place, token: str) -> None:
        """Delete whatever was made under `token`, whole or in part.

        Raises `TakenOverError` for what is begun anew while it looks.
        """
        self._end(place, token, WHOLE, BEGUN)

    def _end(self, place: Place, token: str, *states: str) -> None:
        if self._claims.end(place, token, states, lambda _: None) is not None:
            self._clear(place, token)

    def _clear(self, place: Place, token: str) -> None:
        """Delete what attempts have stored that do not count."""
        names = [item.name for item in self.store.below(place, token)]
        claim = self._claims.read(place, token)
        counts = "" if claim is None or claim.state == OVER else claim.attempt
        dead = [name for name in names if "/" in name and name.partition("/")[0] != counts]
        self.store.delete_keys(place, [f"{token}/{name}" for name in dead])
        if claim is not None and not counts:
            self._claims.remove(place, claim)


def folder(claim: Claim) -> str:
    """Where an attempt stores what belongs to its document."""
    return f"{claim.token}/{claim.attempt}"
