"""Facts that are made when somebody asks."""

from collections.abc import Callable
from unittest import mock

from auditor.evaluate import arrivals, copies
from auditor.evaluate.deferred import Deferred
from auditor.evaluate.facts import Column, distinct, encode
from tests.unit.evaluate.conftest import World


def test_a_fact_is_made_once_and_when_it_is_asked_for() -> None:
    """Not when the paths are looked at; what is there already is given as it is."""
    made: list[str] = []

    def making(path: str) -> Callable[[], Column]:
        def make() -> Column:
            made.append(path)
            return encode([path])

        return make

    ready = encode(["there"])
    facts = Deferred({"b": making("b"), "a": ready, "c": making("c")})
    assert (list(facts), len(facts), "b" in facts, "d" in facts, made) == (
        ["b", "a", "c"],
        3,
        True,
        False,
        [],
    )
    assert facts["a"] is ready
    assert [facts["c"].at(0), facts["c"].at(0), made] == ["c", "c", ["c"]]


def test_facts_are_put_together_without_making_them() -> None:
    """Of a path that both have, the other's stands where the first one's stood."""
    made: list[str] = []

    def make() -> Column:
        made.append("made")
        return encode(["made"])

    first, second = Deferred({"a": make, "b": make}), Deferred({"c": make})
    both = first | {"a": encode(["other"])} | second
    assert (list(both), list(first), made) == (["a", "b", "c"], ["a", "b"], [])
    assert [both[path].at(0) for path in both] == ["other", "made", "made"]


def test_what_plans_promise_is_looked_for_where_a_control_asks(world: World) -> None:
    """No control of an audit does."""
    world.plan()
    frame = next(frame for frame in world.subjects().frames() if frame.subject == "resource")
    name = "auditor.evaluate.promised_copies.distinct"
    with mock.patch(name, wraps=distinct) as looked:
        for path in ("tier", "protection.selected", "protection.plans", "copies"):
            frame.matching(path)
        assert not looked.called
        frame.matching("protection.copies")
        assert looked.called


def test_copies_are_looked_for_by_kind_where_a_control_asks(world: World) -> None:
    """Whoever asks for copies in other Regions alone looks for none in other accounts."""
    frame = next(frame for frame in world.subjects().frames() if frame.subject == "resource")
    kinds: list[list[str]] = []
    with mock.patch.object(copies, "found", wraps=arrivals.found) as looked:
        for path in ("tier", "copies", "copies.count", "account_copies.candidates"):
            frame.matching(path)
            kinds.append([call.args[-1].facts for call in looked.call_args_list])

    assert kinds == [[], ["copies"], ["copies"], ["copies", "account_copies"]]
