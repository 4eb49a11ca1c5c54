"""Tiers that no document can hold are told before anything is collected."""

from dataclasses import replace

import pytest

from auditor.catalogue.load import Catalogue
from auditor.cli.steps import load_tested
from auditor.judge.tiers import check_tiers
from auditor.model.errors import UsageError
from auditor.model.policy import Tiers
from auditor.model.settings import Settings
from tests.loopback.standing import AS_OF

GOLD = Catalogue.load().tiers.tiers["gold"]
SAID = (
    "The report's schema does not admit tier gold: Additional properties are not allowed ('fresh' was "
    "unexpected); run `make docs`, which writes reports/document.schema.json from policies/schemas/tier.json."
)


def test_the_shipped_tiers_have_a_place_in_the_document() -> None:
    """And a key that has not come to its schema yet is told with what to do."""
    check_tiers(Catalogue.load().tiers)
    with pytest.raises(UsageError) as told:
        check_tiers(Tiers({"gold": {**GOLD, "fresh": 1}}, (), "gold"))
    assert str(told.value) == SAID


def test_every_command_that_loads_policies_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """`policy list`, `audit`, `evaluate` and `push` load them by this; nothing was collected yet."""
    wrong = replace(Catalogue.load(), tiers=Tiers({"gold": {**GOLD, "fresh": 1}}, (), "gold"))
    monkeypatch.setattr(Catalogue, "load", lambda *_: wrong)
    with pytest.raises(UsageError, match="does not admit tier gold"):
        load_tested(Settings(as_of=AS_OF), untested=True)
