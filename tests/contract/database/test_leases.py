"""Leases: no two workers hold an account and Region at once, on any database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import pytest
from sqlalchemy import select, update

from auditor.executor.database.database import Database
from auditor.executor.database.leases import PlaceKey, claim_one, leases, release, renew

ONE, TWO, THREE = PLACES = [("111122223333", region) for region in ("eu-central-1", "eu-west-1", "us-east-1")]
TTL = 600_000


@dataclass
class Time:
    """Time that the tests let pass: the caller's `now`, and on PostgreSQL leases that are so much older."""

    database: Database
    now: int = 1_767_571_200_000

    def passes(self, milliseconds: int) -> None:
        """Let time pass."""
        self.now += milliseconds
        with self.database.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(update(leases).values(expires=leases.c.expires - milliseconds))


@pytest.fixture
def time(database: Database) -> Time:
    """Virtual time."""
    return Time(database)


def owners(database: Database) -> dict[PlaceKey, str]:
    """Who holds what."""
    with database.read() as connection:
        return {(row.account_id, row.region): row.owner for row in connection.execute(select(leases))}


def test_each_place_is_claimed_once(database: Database, time: Time) -> None:
    """Places are given in their order, each to one worker; then there is none."""
    found = [claim_one(database, PLACES, f"worker-{n}", time.now, TTL) for n in range(4)]

    assert found == [ONE, TWO, THREE, None]
    assert owners(database) == {ONE: "worker-0", TWO: "worker-1", THREE: "worker-2"}


def test_only_what_is_asked_for_is_claimed(database: Database, time: Time) -> None:
    """A worker gets none of the places that it does not name, and nothing of nothing."""
    claim_one(database, PLACES, "other", time.now, TTL)
    release(database, ONE, "other")

    assert claim_one(database, [THREE], "mine", time.now, TTL) == THREE
    assert claim_one(database, [], "mine", time.now, TTL) is None


def test_a_worker_gets_its_own_place_again(database: Database, time: Time) -> None:
    """Who starts again under its old name goes on at once; another has to wait."""
    claim_one(database, [ONE], "mine", time.now, TTL)

    assert claim_one(database, [ONE], "other", time.now, TTL) is None
    assert claim_one(database, [ONE], "mine", time.now, TTL) == ONE


@pytest.mark.parametrize(("later", "expected"), [(TTL - 60_000, None), (TTL, ONE)])
def test_a_lease_ends_by_itself(
    database: Database, time: Time, later: int, expected: PlaceKey | None
) -> None:
    """A place is free when its lease has run out, and not before."""
    claim_one(database, [ONE], "dead", time.now, TTL)
    time.passes(later)

    assert claim_one(database, [ONE], "alive", time.now, TTL) == expected


def test_a_renewed_lease_lasts_on(database: Database, time: Time) -> None:
    """What is renewed before its end is nobody else's after it."""
    claim_one(database, [ONE], "mine", time.now, TTL)
    time.passes(TTL - 60_000)
    with database.write() as connection:
        assert renew(connection, [ONE], "mine", time.now, TTL)
    time.passes(TTL - 60_000)

    assert claim_one(database, [ONE], "other", time.now, TTL) is None


def test_a_late_renewal_keeps_what_nobody_took(database: Database, time: Time) -> None:
    """A lease that ran out is its owner's until another takes it."""
    claim_one(database, [ONE], "mine", time.now, TTL)
    time.passes(TTL + 60_000)
    with database.write() as connection:
        assert renew(connection, [ONE], "mine", time.now, TTL)

    assert claim_one(database, [ONE], "other", time.now, TTL) is None


def test_a_lost_lease_is_told(database: Database, time: Time) -> None:
    """One lost place of several is enough; so is one that was never held."""
    for _ in range(2):
        claim_one(database, [ONE, TWO], "mine", time.now, TTL)
    time.passes(TTL)
    claim_one(database, [TWO], "other", time.now, TTL)
    with database.write() as connection:
        assert not renew(connection, [ONE, TWO], "mine", time.now, TTL)
        assert not renew(connection, [THREE], "mine", time.now, TTL)
        assert renew(connection, [ONE], "mine", time.now, TTL)


def test_the_longest_waiting_place_comes_first(database: Database, time: Time) -> None:
    """Places are served in turn: a place given back goes to the end of the queue."""
    served = []
    for _ in range(6):
        place = claim_one(database, PLACES, "mine", time.now, TTL)
        assert place is not None
        served.append(place)
        release(database, place, "mine")
        time.passes(1000)

    assert served == [ONE, TWO, THREE] * 2


def test_only_the_owner_gives_a_place_back(database: Database, time: Time) -> None:
    """Who has lost a lease cannot end that of its successor."""
    claim_one(database, [ONE], "late", time.now, TTL)
    time.passes(TTL)
    claim_one(database, [ONE], "mine", time.now, TTL)
    release(database, ONE, "late")

    assert owners(database) == {ONE: "mine"}


def test_workers_that_claim_at_once_get_different_places(database: Database, time: Time) -> None:
    """Eight workers and forty places, every one of them given to one worker only."""
    places = [("111122223333", f"region-{number:02}") for number in range(40)]
    start = Barrier(8)

    def work(number: int) -> list[PlaceKey]:
        start.wait()
        return list(_claims(database, places, f"worker-{number}", time.now))

    with ThreadPoolExecutor(8) as pool:
        found = [place for claimed in pool.map(work, range(8)) for place in claimed]

    assert sorted(found) == places


def _claims(database: Database, places: list[PlaceKey], owner: str, now: int) -> Iterator[PlaceKey]:
    """Everything that one worker can get; it forgets what it has and asks for the rest."""
    rest = list(places)
    while (place := claim_one(database, rest, owner, now, TTL)) is not None:
        rest.remove(place)
        yield place


@pytest.mark.postgres
def test_a_claim_passes_over_a_place_that_is_being_renewed(postgres_url: str) -> None:
    """A writer's fence holds its places until it has written, though their leases have run out."""
    database = Database.open(postgres_url)
    claim_one(database, [ONE, TWO], "writer", 0, 0)
    with database.write() as connection:
        assert renew(connection, [ONE], "writer", 0, 0)
        assert claim_one(database, [ONE], "other", 0, TTL) is None
        assert claim_one(database, [ONE, TWO], "other", 0, TTL) == TWO
    assert claim_one(database, [ONE], "other", 0, TTL) == ONE
    database.close()


@pytest.mark.postgres
def test_the_clock_of_the_database_counts(postgres_url: str) -> None:
    """A worker whose clock runs days ahead takes nothing from the others."""
    database = Database.open(postgres_url)
    claim_one(database, [ONE], "mine", 0, TTL)

    assert claim_one(database, [ONE], "ahead", 10**14, TTL) is None
    database.close()
