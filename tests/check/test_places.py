"""In which account and Region something is: what is not known is nowhere else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.check import inputs, places
from auditor.check.declared import Assumed, Declaration, DeclaredOptIns, DeclaredResource, Place
from auditor.check.places import gather
from auditor.check.reading import Reading
from auditor.model.errors import AuditorError
from auditor.model.policy import Tiers
from tests.check.conftest import Check, Said, messages, said_of
from tests.check.terraform import (
    ACCOUNT,
    Later,
    Plan,
    backup_plan,
    by_tag,
    protected,
    rule,
    selection,
    vault,
    volume,
)
from tests.check.test_backup_documents import plan as api_plan
from tests.check.test_backup_documents import selection as api_selection
from tests.check.test_cloudformation import TEMPLATE, changed, yaml_value

OPEN = {"references": ["local.open"]}
ROLE = {"constant_value": f"arn:aws:iam::{ACCOUNT}:role/deploy"}
VOLUME = "aws_ebs_volume.more"
WITHOUT_TAG = changed(("[go, ld]", "[go, Ld]"))


def of_provider(document: dict[str, Any], address: str, **attributes: Any) -> dict[str, Any]:
    """The plan with another provider for one resource; a text is a constant of its configuration."""
    inside = {
        key: {"constant_value": value} if isinstance(value, str) else value
        for key, value in attributes.items()
    }
    configuration = document["configuration"]
    configuration["provider_config"]["aws.other"] = {"name": "aws", "alias": "other", "expressions": inside}
    for one in configuration["root_module"]["resources"]:
        if one["address"] == address:
            one["provider_config_key"] = "aws.other"
    return document


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ({"region": "eu-west-1"}, {"NON_COMPLIANT"}),
        ({"region": "us-east-1"}, {"NON_COMPLIANT"}),
        ({"region": OPEN}, {"INSUFFICIENT_DATA"}),
        ({"region": {"references": ["var.whole"]}}, {"NON_COMPLIANT"}),
        ({"region": {"references": ["var.part"]}}, {"INSUFFICIENT_DATA"}),
        ({}, {"INSUFFICIENT_DATA"}),
        ({"region": "eu-west-1", "assume_role": [{"role_arn": ROLE}]}, {"NON_COMPLIANT"}),
        ({"region": "eu-west-1", "assume_role": [{"role_arn": OPEN}]}, {"INSUFFICIENT_DATA"}),
        ({"region": "eu-west-1", "profile": "other"}, {"INSUFFICIENT_DATA"}),
    ],
    ids=range(9),
)
def test_a_provider_that_is_not_known_is_in_a_place_of_its_own(
    check: Check, provider: dict[str, Any], said: set[str]
) -> None:
    """Where the others are is not where it is; a constant, or the caller's own account, is known."""
    document = of_provider(volume(protected(), "more", backup_tier="Gold").first(), VOLUME, **provider)
    document["variables"] = {"whole": {"value": "us-east-1"}, "part": {"value": "us-east"}}

    found = {verdict for _, address, verdict, _ in said_of(check(document)) if address == VOLUME}

    assert found == said


def test_what_may_be_elsewhere_leaves_open_what_stands_here(check: Check) -> None:
    """A selection in a Region that is not known may be of this one; in another it is not."""
    selection = "aws_backup_selection.gold"
    for region, said in ((OPEN, "INSUFFICIENT_DATA"), ("us-east-1", "NON_COMPLIANT")):
        found = said_of(check(of_provider(protected().first(), selection, region=region)))
        covered = {verdict for control, _, verdict, _ in found if control == "BKP-COV-001"}
        assert covered == {said}


def test_the_only_provider_needs_no_place_of_its_own(check: Check) -> None:
    """All of the plan is where it is, wherever that is."""
    document = protected().first()
    document["configuration"]["provider_config"]["aws"]["expressions"] = {"region": OPEN}

    assert said_of(check(document)) == set()


@pytest.mark.parametrize(("written", "said"), [(True, "INSUFFICIENT_DATA"), (False, "NON_COMPLIANT")])
def test_a_region_of_a_resource_may_be_unknown(check: Check, *, written: bool, said: str) -> None:
    """Where it is written; else it is the provider's, which is known."""
    document = volume(protected(), "more", backup_tier="Gold").first()
    document["resource_changes"][-1]["change"]["after_unknown"]["region"] = True
    if written:
        document["configuration"]["root_module"]["resources"][-1]["expressions"]["region"] = OPEN

    found = {verdict for _, address, verdict, _ in said_of(check(document)) if address == VOLUME}

    assert found == {said}


def test_a_plan_that_names_no_region_is_not_put_where_another_is(check: Check) -> None:
    """But for the caller's word; what is not known is said."""
    nowhere = volume(Plan(), "more", backup_tier="gold").first()
    nowhere["configuration"]["provider_config"]["aws"]["expressions"] = {}
    for options, said in (({}, {"INSUFFICIENT_DATA"}), ({"region": "eu-west-1", "account": ACCOUNT}, set())):
        result = check(protected().first(), nowhere, **options)
        assert {verdict for _, address, verdict, _ in said_of(result) if address == VOLUME} == said
        assert ("may lie in" in messages(result)) is bool(said)


def test_templates_lie_where_all_others_do(check: Check, tmp_path: Path) -> None:
    """Where these do not agree, or are not known, they may be anywhere."""
    other = volume(Plan(region="us-east-1"), "more", backup_tier="silver").first()
    unknown = of_provider(volume(protected(), "more", backup_tier="gold").first(), VOLUME, region=OPEN)
    for documents, said in (
        ([protected().first()], "NON_COMPLIANT"),
        ([protected().first(), other], "INSUFFICIENT_DATA"),
        ([unknown], "INSUFFICIENT_DATA"),
    ):
        result = check(*documents, yaml_value(tmp_path, WITHOUT_TAG), account=ACCOUNT)
        assert {verdict for _, address, verdict, _ in said_of(result) if address == "Data"} == {said}


def test_inputs_that_name_nothing_are_of_one_place_which_is_said(check: Check, tmp_path: Path) -> None:
    """With one input there is nothing to assume."""
    said = "inputs that name no account or Region are of one and the same"

    assert said in check(yaml_value(tmp_path, TEMPLATE), api_plan(), api_selection()).assumed
    assert said not in check(yaml_value(tmp_path, TEMPLATE)).assumed


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"account": ACCOUNT}, "resource types are opted in (no input declares the opt-in of a Region)"),
        (None, f"resource types are opted in in {ACCOUNT} us-east-1 (no input declares it)"),
    ],
)
def test_opt_ins_are_assumed_where_no_input_declares_them(
    check: Check, more: dict[str, Any] | None, said: str
) -> None:
    """Those of one Region say nothing of another."""
    documents = [protected()]
    if more is None:
        documents[0].add("aws_backup_region_settings.x", resource_type_opt_in_preference={"EBS": True})
        documents.append(volume(Plan(region="us-east-1"), "more", backup_tier="gold"))

    result = check(*(one.first() for one in documents), account=ACCOUNT)

    assert said in result.assumed
    assert len([one for one in result.assumed if one.startswith("resource types")]) == 1


@pytest.mark.parametrize(
    ("one", "two", "may_be"),
    [
        (("1" * 12, "eu-west-1"), ("1" * 12, "eu-west-2"), False),
        (("1" * 12, "eu-west-1"), ("2" * 12, "eu-west-1"), False),
        (("1" * 12, "eu-west-1"), ("1" * 12, "unknown-region-7"), True),
        (("1" * 12, "eu-west-1"), ("2" * 12, "unknown-region-7"), False),
        (("1" * 12, "eu-west-1"), ("", "eu-west-1"), True),
        (("1" * 12, "eu-west-1"), ("", "eu-west-2"), False),
        (("1" * 12, "eu-west-1"), ("000000000007", "unknown-region-7"), True),
        (("1" * 12, "unknown-region-7"), ("", "eu-west-1"), True),
        (("1" * 12, "unknown-region-7"), ("1" * 12, "unknown-region-8"), True),
        (("1" * 12, "unknown-region-7"), ("2" * 12, "unknown-region-8"), False),
        (("", "eu-west-1"), ("", "eu-west-2"), False),
        (("000000000007", "unknown-region-7"), ("000000000008", "unknown-region-8"), True),
    ],
)
def test_two_places_may_be_one_where_what_both_name_is_the_same(
    one: tuple[str, str], two: tuple[str, str], *, may_be: bool
) -> None:
    """Each leaves the other open then, and else neither."""
    places = [Place.of(*one), Place.of(*two)]
    declared = [
        DeclaredResource(place, f"arn-{number}", "EBS", "", {}, Declaration("file", ""))
        for number, place in enumerate(places)
    ]

    gathered = gather([Reading("file", "kind", resources=declared)], Tiers({}, (), ""))

    open_ = {(gap.account_id, gap.region) for gap in gathered.gaps if "may lie in" in gap.message}
    assert open_ == ({(place.account_id, place.region) for place in places} if may_be else set())


def test_placeholders_are_never_those_of_another() -> None:
    """Of the many in one input, and of many inputs; where they run out, the check is refused."""
    first, second = Assumed(number=1), Assumed(number=2, mark="plan.json")
    held = [one.own_place(count) for one in (first, second) for count in (0, 999)]

    assert len({account for account, _ in held}) == len({region for _, region in held}) == len(held)
    assert all(Place.of(*one).named == ("", "") for one in held)
    for refused, count in ((second, 1_000), (replace(second, number=10_000), 0)):
        with pytest.raises(AuditorError, match=r"^plan\.json: the account or Region of more than 1,000 "):
            refused.own_place(count)


def test_what_is_known_of_all_places_is_read_once(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A template is read again only where the other inputs say where it lies."""
    read: list[str] = []

    def counting(format_: inputs.Format) -> inputs.Format:
        def again(document: Any, source: Any, assumed: Assumed) -> Reading:
            read.append(assumed.region)
            return format_.read(document, source, assumed)

        return replace(format_, read=again)

    monkeypatch.setattr(inputs, "FORMATS", [counting(one) for one in inputs.FORMATS])
    template = yaml_value(tmp_path, TEMPLATE)

    check(template)
    assert read == [""]
    check(template, protected().first())
    assert read[1:] == ["", "", "eu-west-1"]


def test_locks_that_one_thing_hides_are_one_gap(check: Check) -> None:
    """Whatever their number; of another reason, or of a lock that nobody demands, there is none in it."""
    plan = Plan().add("aws_backup_vault_lock_configuration.x", backup_vault_name=Later("a", ["var.which"]))
    for name in ("a", "b", "c"):
        backup_plan(plan, name, rule(target_vault_name=name))
        selection(plan, name, name, selection_tag=by_tag("gold"))
    for name in ("a", "b", "nobody"):
        vault(plan, name, locked=False)
    vault(plan, "c", min_retention_days=Later(7, ["var.days"]))
    of_three = (
        "The lock of vault a (aws_backup_vault.a) and of 2 more is not known: the vault of "
        "aws_backup_vault_lock_configuration.x is known only after the apply (var.which)"
    )
    of_one = (
        "The lock of vault c (aws_backup_vault.c) is not known: min_retention_days is known only after the "
        "apply (var.days)"
    )

    result = check(volume(plan, "data", backup_tier="gold").first())

    said = {
        (entry.declaration.address.rpartition(".")[2], reason.message)
        for entry in result.entries
        if entry.subject_type == "vault"
        for reason in entry.reasons
    }
    assert said == {("a", of_three), ("b", of_three), ("c", of_one)}


class CountedPlaces(list[Place]):
    """Places that count how often somebody goes over them."""

    times = 0

    def __iter__(self) -> Iterator[Place]:
        """Count one more."""
        self.times += 1
        return super().__iter__()


@pytest.mark.parametrize(
    ("more", "times", "said"),
    [
        ({}, 0, []),
        ({"partial": "p"}, 0, [(0, "f: p", 4)]),
        ({"incomplete": "i"}, 1, [(0, "f: i", 6), (1, "f: i", 6), (2, "f: i", 6)]),
        ({"incomplete": "i", "partial": "p"}, 1, [(0, "f: i", 6), (1, "f: i", 6), (2, "f: i", 6)]),
        ({"open_accounts": {f"{1:012}": "o"}}, 1, [(1, "o", 3)]),
        ({"partial": "p", "open_accounts": {f"{1:012}": "o"}}, 1, [(0, "f: p", 4), (1, "o", 3)]),
    ],
    ids=range(6),
)
def test_all_places_are_gone_over_only_where_there_is_something_to_say_of_them(
    monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], times: int, said: list[tuple[int, str, int]]
) -> None:
    """Thousands of files have thousands of places."""
    found = CountedPlaces(Place(f"{number:012}", "eu-west-1") for number in range(3))
    reading = Reading("f", "k", opt_ins=[DeclaredOptIns(found[0], {}, Declaration("f", "a"))], **more)

    monkeypatch.setattr(places, "all_places", lambda *_: found)

    gaps = gather([reading, Reading("g", "k")], Tiers({}, (), "")).gaps

    assert [(int(gap.account_id), gap.message, len(gap.provides)) for gap in gaps] == said
    assert found.times == 1 + times


@pytest.mark.parametrize(("unit", "code"), [("", 4), ("/", 0), ("Sandbox", 0), ("Production", 3)])
def test_an_empty_variable_says_nothing_of_the_unit(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: str, code: int
) -> None:
    """A job whose variable has no value knows of no unit; / says that the account is in none."""
    weekly = rule(schedule="cron(0 0 ? * 1 *)")
    plan = selection(backup_plan(vault(Plan()), "weekly", weekly), "all", "weekly", resources=["*"])
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(volume(plan, "data").first()), encoding="utf-8")
    monkeypatch.setenv("AUDITOR_CHECK_UNIT", unit)

    assert command("check", file, "--fail-on-unknown")[0] == code
