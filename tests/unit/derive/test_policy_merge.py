"""What AWS Organizations makes of the policies between the root and an account (aws-backup.md 3.1)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.derive.policy_merge import Level, Merged, merge

CONTROL = "@@operators_allowed_for_child_policies"
Json = dict[str, Any]


def merged(*levels: Json | list[Json], ordered: bool = True) -> Merged:
    """One policy a level, or several of them; they are called a, b, c in the order in which they stand."""
    names = iter("abcdefgh")
    return merge(
        [
            Level(
                tuple((next(names), one) for one in (level if isinstance(level, list) else [level])), ordered
            )
            for level in levels
        ]
    )


def value(**operators: Any) -> Json:
    """A policy with one value at plans/p/v; `only` is what is allowed further down."""
    words = {"only": CONTROL}
    node = {words.get(key, f"@@{key}"): given for key, given in operators.items()}
    return {"plans": {"p": {"v": node}}}


def at_v(found: Merged) -> Any:
    """The value there, None where there is none."""
    return found.effective.get("plans", {}).get("p", {}).get("v")


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([value(assign="1")], "1"),
        ([value(assign="1"), value(assign="2")], "2"),
        ([value(assign="1"), {"plans": {"p": {}}}], "1"),
        ([value(assign=["x", "y"]), value(assign=["z"])], ["z"]),
        ([value(append=["x"])], ["x"]),
        ([value(assign=["x", "y"]), value(append=["y", "z"])], ["x", "y", "z"]),
        ([value(assign=["x", "y"]), value(remove=["x", "never"])], ["y"]),
        ([value(assign=["x"]), value(remove=["x"])], []),
        ([value(remove=["x"])], None),
        ([value(assign=["x"], append=["y"], remove=["x"])], ["y"]),
        ([value(assign=["x"]), value(assign=["y"], append=["z"], remove=["y"])], ["z"]),
        ([value(assign=[12, True, None]), value(append=["12", 13])], ["12", "true", "null", "13"]),
        ([[value(assign=["x"]), value(append=["y"])]], ["x", "y"]),
        ([[value(append=["x"]), value(assign=["y"])]], ["y", "x"]),
        ([[value(assign=["x", "y"]), value(remove=["x"])]], ["y"]),
        ([[value(append=["x"]), value(remove=["x"])]], []),
        ([[value(remove=["x"]), value(append=["x"])]], []),
        ([[value(assign="1"), value(assign="2")]], "1"),
    ],
    ids=range(18),
)
def test_each_operator_does_what_it_is_for(levels: list[Any], expected: Any) -> None:
    """At one level the first assignment counts, then all additions, then all removals."""
    found = merged(*levels)

    assert at_v(found) == expected
    assert (found.refused, found.undecided) == ([], [])


@pytest.mark.parametrize(
    ("allowed", "done", "expected", "refused"),
    [
        (["@@none"], {"assign": ["z"]}, ["x"], ["@@assign"]),
        (["@@none"], {"append": ["z"]}, ["x"], ["@@append"]),
        (["@@append"], {"append": ["z"]}, ["x", "z"], []),
        (["@@append"], {"assign": ["z"]}, ["x"], ["@@assign"]),
        (["@@append", "@@remove"], {"remove": ["x"]}, [], []),
        (["@@append"], {"append": ["z"], "remove": ["x"]}, ["x", "z"], ["@@remove"]),
        (["@@all"], {"assign": ["z"]}, ["z"], []),
    ],
    ids=range(7),
)
def test_what_a_policy_above_forbids_is_not_done(
    allowed: list[str], done: Json, expected: list[str], refused: list[str]
) -> None:
    """And it is told, with the policy that forbids it."""
    found = merged(value(assign=["x"], only=allowed), value(**done))

    assert at_v(found) == expected
    assert [(one.operator, one.policy, one.by) for one in found.refused] == [
        (operator, "b", ("a",)) for operator in refused
    ]


def test_no_policy_further_down_allows_it_again() -> None:
    """Whatever it says of what is allowed; and what two of one level allow is what both do."""
    again = merged(value(assign=["x"], only=["@@append"]), value(only=["@@all"]), value(assign=["z"]))
    both = merged([value(assign=["x"], only=["@@append"]), value(only=["@@remove"])], value(append=["z"]))

    assert at_v(again) == at_v(both) == ["x"]
    assert [one.by for one in (*again.refused, *both.refused)] == [("a",), ("a", "b")]


def test_a_limit_holds_for_further_levels_and_not_beside_it() -> None:
    """Another policy of the same level is no child of it."""
    found = merged([value(assign=["x"], only=["@@none"]), value(append=["y"])])

    assert (at_v(found), found.refused) == (["x", "y"], [])


def limited(*allowed: str) -> Json:
    """A policy with the plan p, and what is allowed with the plans."""
    return {"plans": {CONTROL: list(allowed), "p": {"v": {"@@assign": "1"}}}}


def test_a_limit_on_plans_is_about_adding_some() -> None:
    """What is below keeps its own limits: a value of a plan that is there may change."""
    more = {"plans": {"p": {"v": {"@@assign": "2"}}, "q": {"v": {"@@assign": "3"}}}}
    none, append = merged(limited("@@none"), more), merged(limited("@@append"), more)

    assert none.effective == {"plans": {"p": {"v": "2"}}}
    assert [(one.path, one.operator, one.by) for one in none.refused] == [(("plans", "q"), "", ("a",))]
    assert append.effective == {"plans": {"p": {"v": "2"}, "q": {"v": "3"}}}


def test_what_no_document_says_is_undecided() -> None:
    """Whether a key may be added where assigning is allowed; whether two spellings of a name are one plan."""
    assign = merged(limited("@@assign"), {"plans": {"q": {"v": {"@@assign": "3"}}}})
    case = merged(value(assign="1"), {"plans": {"P": {"v": {"@@assign": "2"}}}})

    assert [one.path for one in assign.undecided] == [("plans", "q")]
    assert [one.path for one in case.undecided] == [("plans", "P")]
    assert "@@assign is allowed (a)" in assign.undecided[0].said


def test_names_below_a_plan_are_one_in_any_case() -> None:
    """As AWS keeps them in small letters."""
    found = merged(
        {"plans": {"p": {"rules": {"Daily": {"a": {"@@assign": "1"}}}}}},
        {"plans": {"p": {"rules": {"daily": {"b": {"@@assign": "2"}}}}}},
    )

    assert found.effective == {"plans": {"p": {"rules": {"Daily": {"a": "1", "b": "2"}}}}}
    assert found.undecided == []


def test_of_two_assignments_beside_each_other_the_order_decides() -> None:
    """Where it is not known, nothing is; equal ones need none."""
    two = [value(assign="1"), value(assign="2")]

    assert merged(two).by_order == [(("plans", "p", "v"), ("a", "b"))]
    assert [one.policies for one in merged(two, ordered=False).undecided] == [("a", "b")]
    assert merged([value(assign="1"), value(assign="1")], ordered=False).undecided == []


def test_operators_beside_the_plans_do_nothing() -> None:
    """AWS takes them."""
    beside = {"@@assign": "x", "@@append": ["y"], "@@remove": ["z"]}

    assert merged({**value(assign="1"), **beside}, value(assign="2")).effective == {
        "plans": {"p": {"v": "2"}}
    }


def test_what_is_empty_is_left_out() -> None:
    """And so is a policy that only limits."""
    assert merged({"plans": {"p": {"rules": {}}, CONTROL: ["@@none"]}}).effective == {}


ITEMS = st.lists(st.sampled_from("wxyz"), max_size=3)
NODES = st.dictionaries(st.sampled_from(["@@assign", "@@append", "@@remove"]), ITEMS, max_size=3)
POLICIES = st.fixed_dictionaries(
    {
        "plans": st.dictionaries(
            st.sampled_from("pq"), st.dictionaries(st.sampled_from("uv"), NODES, max_size=2)
        )
    }
)


def assigned(effective: Any) -> Any:
    """A policy that assigns just what is effective."""
    if isinstance(effective, dict):
        return {key: assigned(inner) for key, inner in effective.items()}
    return {"@@assign": effective}


@given(above=st.lists(POLICIES, max_size=3), below=st.lists(POLICIES, max_size=3))
def test_the_way_may_be_walked_in_steps(above: list[Json], below: list[Json]) -> None:
    """What the upper levels come to, assigned by one policy, with the rest below it gives the same."""
    so_far = merged(*above).effective

    assert merged(*above, *below).effective == merged(assigned(so_far), *below).effective


@given(above=POLICIES, below=st.lists(POLICIES, min_size=1, max_size=3))
def test_nothing_below_changes_what_allows_nothing(above: Json, below: list[Json]) -> None:
    """With `@@none` on every node, as AWS's own example has it."""
    closed = locked(above)

    assert merged(closed, *below).effective == merged(above).effective


def locked(part: Any) -> Any:
    """A part of a policy with `@@none` on every node of it."""
    if not isinstance(part, dict):
        return part
    return {CONTROL: ["@@none"], **{key: locked(inner) for key, inner in part.items()}}


@given(peers=st.lists(POLICIES, min_size=2, max_size=3))
def test_the_order_beside_each_other_matters_to_assignments_only(peers: list[Json]) -> None:
    """Without any of different values, the same items come of it in any order."""
    one, two = merged(list(peers)), merged(list(reversed(peers)))
    if not one.by_order:
        assert as_sets(one.effective) == as_sets(two.effective)


def as_sets(effective: Any) -> Any:
    """The lists as sets."""
    if isinstance(effective, dict):
        return {key: as_sets(inner) for key, inner in effective.items()}
    return frozenset(effective)
