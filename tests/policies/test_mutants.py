"""The controls' own tests notice every small change that changes a verdict; and the tool that says so."""

import shutil
from pathlib import Path

import pytest
import yaml

from scripts import mutants
from scripts.mutants import KNOWN, POLICIES, main, policies, survivors
from scripts.mutations import mutants_of

KEPT = "controls/retention/recovery_point_kept/recovery_point_kept.rego"

EXAMPLE = """package example

import data.lib.numbers

applicable if count(input.rules) > 0

compliant if {
	applicable
	every rule in input.rules { numbers.at_most(rule.days, 7 * 2) }
	not input.tier == "exempt"
}

mode := "weak" if input.lock.mode in {"none", "governance"}
"""


@pytest.mark.long
def test_no_change_that_changes_a_verdict_goes_unnoticed(capsys: pytest.CaptureFixture[str]) -> None:
    """Every mutant of every control and library is noticed, but for the named ones, which change nothing."""
    code = main(())

    assert code == 0, capsys.readouterr().out


def test_every_equivalent_mutant_has_a_reason() -> None:
    """Words, and not only a place."""
    entries = yaml.safe_load(KNOWN.read_text())

    assert [entry for entry in entries if len(entry["reason"].split()) < 4] == []


def test_what_is_changed() -> None:
    """Comparisons, conditions, constants, words, texts, negations and whole rules, each once."""
    found = [(mutant.rule, mutant.was, mutant.becomes) for mutant in mutants_of("example.rego", EXAMPLE)]
    first = "applicable if count(input.rules) > 0"
    every = "every rule in input.rules { numbers.at_most(rule.days, 7 * 2) }"
    negation = 'not input.tier == "exempt"'
    member = 'mode := "weak" if input.lock.mode in {"none", "governance"}'

    assert found == [
        ("applicable 1", first, ""),
        ("applicable 1", first, "applicable if true"),
        ("applicable 1", first, "applicable if count(input.rules) < 0"),
        ("applicable 1", first, "applicable if count(input.rules) <= 0"),
        ("applicable 1", first, "applicable if count(input.rules) >= 0"),
        ("applicable 1", first, "applicable if count(input.rules) > -1"),
        ("applicable 1", first, "applicable if count(input.rules) > 1"),
        ("compliant 1", f"compliant if {{ applicable {every} {negation} }}", ""),
        ("compliant 1", "applicable", "true"),
        ("compliant 1", every, "true"),
        ("compliant 1", every, "every rule in input.rules { true }"),
        ("compliant 1", every, every.replace("at_most", "above")),
        ("compliant 1", every, every.replace("at_most", "at_least")),
        ("compliant 1", every, every.replace("at_most", "below")),
        ("compliant 1", every, every.replace("7 *", "6 *")),
        ("compliant 1", every, every.replace("7 *", "8 *")),
        ("compliant 1", every, every.replace("*", "/")),
        ("compliant 1", every, every.replace("2)", "1)")),
        ("compliant 1", every, every.replace("2)", "3)")),
        ("compliant 1", negation, 'input.tier == "exempt"'),
        ("compliant 1", negation, "true"),
        ("compliant 1", negation, negation.replace("==", "!=")),
        ("compliant 1", negation, negation.replace("exempt", "exempt?")),
        ("mode 1", member, ""),
        ("mode 1", member, 'mode := "weak" if true'),
        ("mode 1", member, member.replace("none", "none?")),
        ("mode 1", member, member.replace("governance", "governance?")),
    ]


def test_a_weaker_test_lets_a_mutant_live(tmp_path: Path) -> None:
    """Without the test of a copy beside its resource, nothing notices that every one has a demand."""
    folder = shutil.copytree(POLICIES, tmp_path / "policies")
    tests = folder / KEPT.replace(".rego", "_test.rego")
    before, _, rest = tests.read_text().partition("test_a_copy_where_its_resource_lies")
    tests.write_text(before + "".join(rest.partition("\ntest_")[1:]))

    _, found = survivors(KEPT, folder)

    assert [mutant.key for mutant in found] == [
        (
            KEPT,
            "demands 2",
            "demands contains input.tier.copy if input.recovery_point.in_another_region == true",
            "demands contains input.tier.copy if true",
        )
    ]


def test_a_named_mutant_that_does_not_live_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list of exceptions stays as short as it can be."""
    entry = {"file": KEPT, "rule": "compliant 1", "was": "a", "becomes": "b", "reason": "no such line"}
    known = tmp_path / "equivalent_mutants.yaml"
    known.write_text(yaml.safe_dump([entry]))
    monkeypatch.setattr(mutants, "KNOWN", known)

    assert main([KEPT]) == 1
    assert "does not survive" in capsys.readouterr().out


def test_policies_are_chosen_by_name() -> None:
    """All of them, or those with the name in their path."""
    assert policies(["recovery_point_kept"]) == [KEPT]
    assert {path.partition("/")[0] for path in policies()} == {"controls", "lib"}
