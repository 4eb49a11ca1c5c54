"""What does not matter changes no verdict: whose the accounts are, how pages are split, who else is there.

Each property is tried on a few situations, always the same, and in `make test-long` on many.
"""

import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import ACCOUNT, World
from tests.truth.situations import Change, Situation, crowd, situations

FEW = settings(
    max_examples=3,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
MANY = settings(
    FEW, max_examples=100, derandomize=False, phases=(Phase.explicit, Phase.generate, Phase.shrink)
)

Said = Mapping[tuple[str, str], tuple[str, tuple[str, ...]]]


def judged(world: World, situation: Situation, **options: Any) -> Judgement:
    """What an audit says of it."""
    with tempfile.TemporaryDirectory() as folder:
        return audit(world, Path(folder), tier=situation.tier, **options)


def said(judgement: Judgement) -> Said:
    """Every verdict, and the codes of its reasons."""
    return {key: (verdict, tuple(judgement.codes(*key))) for key, verdict in judgement.verdicts.items()}


def renamed(text: str) -> str:
    """The same text of the account 000000000042, which is called otherwise."""
    return text.replace(ACCOUNT, "000000000042").replace("shop", "zeta & <co>")


def same_under_renaming(situation: Situation) -> None:
    """Account ids and names mean nothing."""
    world = situation.build()
    first = judged(world, situation)
    second = judged(Change(text=renamed).world(world), situation)

    assert said(second) == {(control, renamed(arn)): found for (control, arn), found in said(first).items()}
    assert second.exit_code == first.exit_code


def same_under_paging(situation: Situation, page_size: int, *, blank: bool) -> None:
    """How a listing is split means nothing."""
    world = situation.build()
    first = judged(world, situation)
    world.page_size, world.blank_pages = page_size, blank
    second = judged(world, situation)

    assert (said(second), second.exit_code) == (said(first), first.exit_code)


def same_in_a_crowd(situation: Situation) -> None:
    """Accounts, resources, plans and points that have nothing to do with a subject mean nothing to it."""
    world = situation.build()
    first = said(judged(world, situation))
    crowd(world)
    second = said(judged(world, situation, accounts="organization"))

    assert {key: second.get(key) for key in first} == first


def same_at_another_time(situation: Situation, weeks: int) -> None:
    """The whole story some weeks later or earlier is the same story."""

    def moved(time: datetime) -> datetime:
        return time + timedelta(weeks=weeks)

    world = situation.build()
    first = judged(world, situation)
    second = judged(Change(time=moved).world(world), situation)

    assert (said(second), second.exit_code) == (said(first), first.exit_code)


@pytest.mark.long
@FEW
@given(situations())
def test_accounts_may_be_called_otherwise(situation: Situation) -> None:
    """A few situations."""
    same_under_renaming(situation)


@pytest.mark.long
@FEW
@given(situations(), st.sampled_from([1, 2, 7]), st.booleans())
def test_pages_may_be_split_otherwise(situation: Situation, page_size: int, blank: bool) -> None:  # noqa: FBT001 -- pytest gives it by name
    """A few situations."""
    same_under_paging(situation, page_size, blank=blank)


@pytest.mark.long
@FEW
@given(situations())
def test_others_may_be_there(situation: Situation) -> None:
    """A few situations."""
    same_in_a_crowd(situation)


@pytest.mark.long
@FEW
@given(situations(), st.sampled_from([-40, -4, 1, 3, 9, 52, 104]))
def test_it_may_be_another_time(situation: Situation, weeks: int) -> None:
    """A few situations."""
    same_at_another_time(situation, weeks)


@pytest.mark.long
@MANY
@given(situations(), st.sampled_from([1, 2, 7]), st.booleans(), st.sampled_from([-40, -4, 1, 3, 9, 52, 104]))
def test_nothing_of_it_matters(situation: Situation, page_size: int, blank: bool, weeks: int) -> None:  # noqa: FBT001 -- pytest gives it by name
    """Many situations, each told in all these ways."""
    same_under_renaming(situation)
    same_under_paging(situation, page_size, blank=blank)
    same_in_a_crowd(situation)
    same_at_another_time(situation, weeks)
