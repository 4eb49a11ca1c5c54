"""Less evidence never gives a better verdict: a point that is deleted, a job that comes later.

A move may well mend a gap behind it, if there is one: only jobs are moved after which the next night's came
as planned, by less than a day. The newest one is not moved, as its age is what one control asks about.
"""

import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auditor.catalogue.load import Catalogue
from tests.loopback.auditing import audit
from tests.loopback.standing import AWAY, MAIN, START, World
from tests.loopback.world import Item
from tests.truth.situations import Night, Situation, situations
from tests.truth.test_metamorphic import FEW, MANY

#: Better than what is not told in the same breath: a pass.
PASS = ("COMPLIANT",)
RESOURCE_CONTROLS = {one.id for one in Catalogue.load().controls if one.subject == "resource"}


def verdicts(world: World, situation: Situation) -> dict[tuple[str, str], str]:
    """The verdicts of the controls that judge resources."""
    with tempfile.TemporaryDirectory() as folder:
        judged = audit(world, Path(folder), tier=situation.tier)
    return {key: verdict for key, verdict in judged.verdicts.items() if key[0] in RESOURCE_CONTROLS}


def better(before: World, after: World, situation: Situation) -> list[tuple[str, str]]:
    """Whom the change makes pass who did not."""
    first, second = verdicts(before, situation), verdicts(after, situation)
    return [key for key, verdict in second.items() if verdict in PASS and first.get(key) not in PASS]


def points(world: World) -> list[tuple[list[Item], int]]:
    """Every recovery point of the world: the list that it is in, and its place there."""
    held = [world.at().recovery_points.get(MAIN, []), world.at(AWAY).recovery_points.get("far", [])]
    return [(vault, place) for vault in held for place in range(len(vault))]


def without_a_point(situation: Situation, choose: Callable[[int], int]) -> World:
    """The world less one of its points."""
    world = situation.build()
    found = points(world)
    assume(found)
    vault, place = found[choose(len(found))]
    del vault[place]
    return world


def movable(situation: Situation) -> Iterator[int]:
    """The numbers of the nights that may be moved."""
    for number, (night, following) in enumerate(pairwise(situation.nights)):
        if night.state == following.state == "good" and night.due >= START:
            yield number


def moved(situation: Situation, number: int, hours: float) -> World:
    """The world in which one night's job, and with it its point, came so much later."""
    told = list(situation.nights)
    night = told[number]
    told[number] = Night(night.due + timedelta(hours=hours), night.state, night.copied)
    return Situation(**{**vars(situation), "nights": tuple(told)}).build()


def no_better_without_a_point(situation: Situation, data: st.DataObject) -> None:
    """Nobody passes because a point is gone."""
    after = without_a_point(situation, lambda count: data.draw(st.integers(0, count - 1), "point"))

    assert better(situation.build(), after, situation) == []


def no_better_with_a_later_job(situation: Situation, data: st.DataObject) -> None:
    """Nobody passes because a job came later."""
    numbers = list(movable(situation))
    assume(numbers)
    number = data.draw(st.sampled_from(numbers), "night")
    hours = data.draw(st.sampled_from([0.5, 1, 2.5, 4, 8, 23]), "hours")

    assert better(situation.build(), moved(situation, number, hours), situation) == []


@pytest.mark.long
@FEW
@given(situations(), st.data())
def test_nobody_passes_because_a_point_is_gone(situation: Situation, data: st.DataObject) -> None:
    """A few situations."""
    no_better_without_a_point(situation, data)


@pytest.mark.long
@FEW
@given(situations(), st.data())
def test_nobody_passes_because_a_job_came_later(situation: Situation, data: st.DataObject) -> None:
    """A few situations."""
    no_better_with_a_later_job(situation, data)


@pytest.mark.long
@MANY
@given(situations(), st.data())
def test_less_never_makes_anybody_pass(situation: Situation, data: st.DataObject) -> None:
    """Many situations."""
    no_better_without_a_point(situation, data)
    no_better_with_a_later_job(situation, data)
