"""What parameters and tiers demand no longer, as the functions that compare them say it."""

from typing import Any

import pytest

from auditor.check.lowered import less
from auditor.check.lowered_parameters import weaker_parameters


@pytest.mark.parametrize(
    ("before", "after", "said_"),
    [
        ({"actions": ["a:A", "a:B"]}, {"actions": ["a:B"]}, ["a:A denied no longer"]),
        ({"actions": ["a:A"]}, {}, ["a:A denied no longer"]),
        ({"actions": ["a:A"]}, {"actions": ["a:A"], "guardians": ["r"]}, ["r let through by denials"]),
        ({"actions": ["a:A"], "guardians": ["r"]}, {"actions": ["a:A"]}, []),
        ({"actions": []}, {"actions": ["a:A"], "guardians": ["r"]}, []),
        ({"actions": ["a:A"], "guardians": ["r*"]}, {"actions": ["a:A"], "guardians": ["r1"]}, []),
    ],
)
def test_guard_rails_that_deny_less_are_a_finding(
    before: dict[str, Any], after: dict[str, Any], said_: list[str]
) -> None:
    """Fewer actions, or more guardians of those that were denied; what is denied anew is none."""
    held = [{"controls": {}, "evidence": {"guard_rails": one}} for one in (before, after)]
    assert [one.said for one in weaker_parameters(*held)] == said_


@pytest.mark.parametrize(("name", "key"), [("backup_policies", "compared"), ("selection_roles", "read")])
def test_what_is_read_no_longer_is_a_finding(name: str, key: str) -> None:
    """What is read anew is none."""
    on, off, without = ({"evidence": {name: one}} for one in ({key: True}, {key: False}, {}))
    assert [one.said for one in weaker_parameters(on, off)] == ["true becomes false"]
    assert [one.said for one in weaker_parameters(on, without)] == ["true is gone"]
    assert [*weaker_parameters(off, on)] == [*weaker_parameters(without, off)] == []


def test_roles_that_guardians_ask_for_are_still_read() -> None:
    """Whatever the parameter of their own says."""
    on = {"evidence": {"selection_roles": {"read": True}}}
    off = {"evidence": {"selection_roles": {"read": False}, "destroyers": {"guardians": ["r"]}}}
    assert [*weaker_parameters(on, off)] == []


GUARDED = {"guardians": ["r*"], "apart_from_operators": True}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (GUARDED, {**GUARDED, "guardians": ["r*", "s"]}, [("guardians", "s may destroy backups")]),
        (GUARDED, {**GUARDED, "guardians": ["r1"]}, []),
        (GUARDED, {}, [("guardians", "no user or role is asked about any more")]),
        (GUARDED, {"guardians": ["r*"]}, [("apart_from_operators", "true is gone")]),
        (
            GUARDED,
            {**GUARDED, "apart_from_operators": False},
            [("apart_from_operators", "true becomes false")],
        ),
        ({}, GUARDED, []),
        ({"guardians": [], "apart_from_operators": True}, {}, []),
    ],
)
def test_more_who_may_destroy_backups_are_a_finding(
    before: dict[str, Any], after: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    """Where there were guardians: others, all, or those who may run backups too."""
    lowered = weaker_parameters(*({"evidence": {"destroyers": one}} for one in (before, after)))
    assert [(one.path[:2], one.path[2], one.said) for one in lowered] == [
        (("evidence", "destroyers"), *one) for one in found
    ]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [(48, 72, "48 becomes 72"), (48, 0, "48 becomes 0"), (72, 48, None), (0, 48, None), (48, 48, None)],
)
def test_reports_that_may_be_older_are_a_finding(before: int, after: int, found: str | None) -> None:
    """0 asks for none."""
    given = ({"evidence": {"report_plans": {"max_age_hours": one}}} for one in (before, after))
    assert [one.said for one in weaker_parameters(*given)] == ([found] if found else [])


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {"files_of": 0}, "1 becomes 0"),
        ({"files_of": 3}, {}, "3 becomes 1"),
        ({"kept_days": 90}, {"kept_days": 89}, "90 becomes 89"),
        ({"kept_days": 90}, {}, "90 becomes 0"),
        ({}, {"files_of": 1, "kept_days": 0}, None),
        ({"kept_days": 89}, {"files_of": 2, "kept_days": 90}, None),
    ],
)
def test_fewer_earlier_runs_that_are_compared_or_kept_are_a_finding(
    before: dict[str, int], after: dict[str, int], found: str | None
) -> None:
    """What is absent has its default."""
    given = ({"evidence": {"earlier_runs": one}} for one in (before, after))
    assert [one.said for one in weaker_parameters(*given)] == ([found] if found else [])


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"asked": True}, {"asked": False}, [("asked", "true becomes false")]),
        ({"asked": True}, {}, [("asked", "true is gone")]),
        ({"asked": True}, {"asked": True, "vaults": 301}, [("vaults", "300 becomes 301")]),
        ({"asked": True, "plans": 400}, {"asked": True}, []),
        ({"asked": False}, {"asked": True, "vaults": 301}, []),
        ({"asked": True}, {"asked": True, "report_plans": 21}, [("report_plans", "20 becomes 21")]),
        (
            {"asked": True},
            {"vaults": 301, "plans": 301},
            [("asked", "true is gone"), ("plans", "300 becomes 301")],
        ),
        ({}, {"plans": 301, "vaults": 301}, [("plans", "300 becomes 301")]),
        ({"plans": 301}, {"plans": 300}, []),
    ],
)
def test_quotas_that_are_said_to_be_higher_are_a_finding(
    before: dict[str, Any], after: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    """So is that nobody asks about them any more; AWS's own number counts where none is said.

    BKP-GOV-004 goes by that of plans whether or not accounts are asked about.
    """
    given = ({"evidence": {"account_quotas": one}} for one in (before, after))
    assert [(one.path[2], one.said) for one in weaker_parameters(*given)] == found


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"attainment_percent": 99}, {"attainment_percent": 98}, "attainment_percent 99 becomes 98"),
        ({"attainment_percent": 98}, {"attainment_percent": 99}, None),
        ({"clean_point": {"max_age_hours": 24}}, {"clean_point": {"max_age_hours": 25}},
         "clean_point.max_age_hours 24 becomes 25"),
        ({"clean_point": {"max_age_hours": 25}}, {"clean_point": {"max_age_hours": 24}}, None),
        ({"three_two_one": {"copies": 3}}, {"three_two_one": {"copies": 2}},
         "three_two_one.copies 3 becomes 2"),
        ({"three_two_one": {"restore_errors": 0}}, {"three_two_one": {"restore_errors": 1}},
         "three_two_one.restore_errors 0 becomes 1"),
        ({"three_two_one": {"immutable": 0}}, {"three_two_one": {"immutable": 1}}, None),
        ({"restore_test": {"other_account": True}}, {"restore_test": {}},
         "restore_test.other_account true is gone"),
        ({"restore_test": {}}, {"restore_test": {"other_account": True}}, None),
        ({"restore_test": {"sample": True, "sample_percent": 10}},
         {"restore_test": {"sample": True, "sample_percent": 9}},
         "restore_test.sample_percent 10 becomes 9"),
        ({"restore_test": {"sample": True, "sample_resources": 2}}, {"restore_test": {"sample": True}},
         "restore_test.sample_resources 2 is gone"),
        ({"restore_test": {"sample": True, "sample_resources": 2}}, {"restore_test": {}}, None),
        ({"restore_test": {"sample": True}},
         {"restore_test": {"sample": True, "sample_resources": 2}}, None),
        ({"native": {"coverage": ["a"]}}, {"native": {"coverage": ["a", "b"]}},
         "native.coverage a becomes a, b"),
        ({"native": {"coverage": ["a"]}}, {"native": {"coverage": ["a"], "retention": ["a"]}},
         "native.retention nothing becomes a"),
        ({"native": {"coverage": ["a", "b"]}}, {"native": {"coverage": ["b"]}}, None),
        ({"native": {"coverage": ["a"]}}, {}, None),
        ({"under": {"own_key": True}}, {"under": {}}, "under.own_key true is gone"),
        ({"under": {"lock": "compliance"}}, {"under": {"lock": "governance"}},
         "under.lock compliance becomes governance"),
        ({"account_copy": {}}, {"account_copy": {"under": {"own_key": True}}}, None),
        ({"whole_backups": True}, {}, "whole_backups true is gone"),
        ({}, {"whole_backups": True}, None),
        ({}, {"accepted_messages": ["a"]}, "accepted_messages nothing becomes a"),
        ({"accepted_messages": ["a", "b"]}, {"accepted_messages": ["b"]}, None),
    ],
)  # fmt: skip
def test_a_share_an_age_and_what_counts_beside_aws_backup(
    before: dict[str, Any], after: dict[str, Any], found: str | None
) -> None:
    """A longer list of what counts demands less, and so does a first one."""
    held = [{"required": True, **one} for one in (before, after)]
    assert [(said, fault) for _, said, fault in less(*held)] == ([(found, "")] if found else [])
