"""What a plan does not know yet: resolved where it names something else of the plan, and else unknown."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed, Source
from auditor.check.inputs import Inputs
from auditor.check.run import CheckOptions, judge_inputs
from auditor.check.terraform.reader import read_plan
from auditor.model.errors import ExitCode
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from tests.check.conftest import AS_OF, Check, messages, said_of
from tests.check.terraform import (
    ACCOUNT,
    KEYED,
    Json,
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

COVERED, RPO, RETENTION, LOCK = "BKP-COV-001", "BKP-FRQ-003", "BKP-RET-001", "BKP-IMM-002"
PLAN, DATA = "aws_backup_plan.gold", "aws_ebs_volume.data"
ARN = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1"


def base() -> Plan:
    """A vault and a backup plan that keeps gold's demands."""
    return backup_plan(vault(Plan()), "gold")


def data(plan: Plan, **values: Any) -> Plan:
    """The volume of the tier gold."""
    return plan.add(
        DATA,
        **{
            "tags_all": {"backup-tier": "gold"},
            "tags": {"backup-tier": "gold"},
            "id": Later("vol-1"),
            "arn": Later(ARN),
            **KEYED,
            **values,
        },
    )


def by_arn() -> Plan:
    """The selection names the ARN of the volume."""
    plan = data(base())
    return selection(plan, "gold", "gold", resources=Later([ARN], [f"{DATA}.arn"]))


def by_a_pattern() -> Plan:
    """The selection names all volumes of the account, which is not known in the first plan."""
    plan = data(base())
    return selection(plan, "gold", "gold", resources=[f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/*"])


def by_each() -> Plan:
    """Each selection is for the volume of its key."""
    plan = base()
    for key in ("a", "b"):
        arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-{key}"
        tags = {"backup-tier": "gold"}
        plan.add(
            f'aws_ebs_volume.all["{key}"]', tags_all=tags, tags=tags, arn=Later(arn), id=Later(f"vol-{key}"),
            **KEYED,
        )  # fmt: skip
    address = 'aws_backup_selection.each["a"]'
    return selection(
        plan,
        "each",
        "gold",
        address,
        resources=Later(
            [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-a"], ["aws_ebs_volume.all", "each.key"]
        ),
    )


def by_splat() -> Plan:
    """The selection names every instance of the volume."""
    plan = base()
    arns = []
    for number in range(2):
        arns.append(f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-{number}")
        tags = {"backup-tier": "gold"}
        plan.add(
            f"aws_ebs_volume.all[{number}]", tags_all=tags, tags=tags, arn=Later(arns[-1]), id=Later("vol"),
            **KEYED,
        )  # fmt: skip
    return selection(plan, "gold", "gold", resources=Later(arns, ["aws_ebs_volume.all"]))


def in_modules() -> Plan:
    """The plan's id goes out of one module and into another, and the vault's name goes in."""
    plan = vault(Plan())
    plan.add(
        "module.plans.aws_backup_plan.gold",
        name="gold",
        rule=[rule()],
        id=Later("id-of-gold"),
        arn=Later(f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-plan:id-of-gold"),
    )
    plan.output("module.plans", "id", "aws_backup_plan.gold.id")
    plan.call("module.selections", plan_id=["module.plans.id"])
    selection(
        plan,
        "gold",
        "gold",
        "module.selections.aws_backup_selection.gold",
        plan_id=Later("id-of-gold", ["var.plan_id"]),
        selection_tag=by_tag("gold"),
    )
    return data(plan)


def with_a_named_vault() -> Plan:
    """The rule names the vault, and the lock does; neither is known in the first plan."""
    name = {"target_vault_name": {"references": ["aws_backup_vault.main.name", "aws_backup_vault.main"]}}
    plan = vault(Plan(), min_retention_days=36)
    backup_plan(plan, "gold", rule(), expressions={"rule": [name]})
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    return data(plan)


def with_a_copy() -> Plan:
    """The ARN of the copy's vault is not known in the first plan."""
    plan = vault(vault(Plan()), "second", min_retention_days=40)
    arn = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:second"
    copied = rule(copy_action=[{"destination_vault_arn": arn, "lifecycle": [{"delete_after": 39}]}])
    backup_plan(plan, "gold", copied)
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    return data(plan)


CONFIGURATIONS: list[tuple[Callable[[], Plan], set[tuple[str, str, str, str]]]] = [
    (protected, set()),
    (by_arn, set()),
    (by_a_pattern, set()),
    (by_each, {(COVERED, 'aws_ebs_volume.all["b"]', "NON_COMPLIANT", "not_selected")}),
    (by_splat, set()),
    (in_modules, set()),
    (with_a_named_vault, {(LOCK, PLAN, "NON_COMPLIANT", "below_minimum")}),
    (
        with_a_copy,
        {
            (LOCK, PLAN, "NON_COMPLIANT", "below_minimum"),
            ("BKP-ENC-005", "aws_backup_vault.second", "INSUFFICIENT_DATA", "evidence_gap"),
        },
    ),
]


@pytest.mark.parametrize(("make", "said"), CONFIGURATIONS, ids=lambda case: getattr(case, "__name__", ""))
def test_the_first_plan_and_the_second_say_the_same(
    check: Check, make: Callable[[], Plan], said: set[tuple[str, str, str, str]]
) -> None:
    """Nothing is known of ARNs and ids in the first plan; everything is in the second."""
    first, second = check(make().first()), check(make().second())

    assert said_of(first) == said
    assert said_of(second) == said
    assert first.counts == second.counts


def test_a_vault_whose_name_hides_in_a_block_is_found_by_its_reference(check: Check) -> None:
    """Blocks of a set stand in another order in the plan: they are matched by their constants."""
    plan = with_a_named_vault()
    document = plan.first()
    change = next(one for one in document["resource_changes"] if one["address"] == PLAN)["change"]
    other = rule(rule_name="weekly", schedule="cron(0 5 ? * SUN *)", target_vault_name="main")
    hidden = {key: value for key, value in rule().items() if key != "target_vault_name"}
    change["after"]["rule"] = [other, hidden]
    change["after_unknown"] = {"rule": [{}, {"target_vault_name": True}], "id": True, "arn": True}
    blocks = plan.module("")["resources"]
    configured = next(one for one in blocks if one["type"] == "aws_backup_plan")["expressions"]
    configured["rule"] = [
        {"rule_name": {"constant_value": "main"}, **configured["rule"][0]},
        {"rule_name": {"constant_value": "weekly"}, "target_vault_name": {"constant_value": "main"}},
    ]

    assert (LOCK, PLAN, "NON_COMPLIANT", "below_minimum") in said_of(check(document))


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (
            lambda: selection(data(base()), "gold", "gold", selection_tag=Later([], ["var.tags"])),
            "selection_tag of it is known only after the apply (var.tags)",
        ),
        (
            lambda: selection(
                data(base()), "gold", "gold", resources=Later([ARN], ["module.elsewhere.arns"])
            ),
            "resources is known only after the apply (module.elsewhere.arns)",
        ),
        (
            lambda: selection(
                data(base(), tags=Later({}, ["local.tags"]), tags_all=Later({})),
                "gold",
                "gold",
                selection_tag=by_tag("gold"),
            ),
            "tags_all is known only after the apply (local.tags)",
        ),
    ],
    ids=["selection", "arns-of-a-module", "tags"],
)
def test_what_stays_unknown_is_named_with_its_expression(
    check: Check, make: Callable[[], Plan], named: str
) -> None:
    """Neither a pass nor a finding, for the resource and for the plan; counted."""
    result = check(make().first())

    assert {verdict for _, _, verdict, _ in said_of(result)} == {"INSUFFICIENT_DATA"}
    assert {address for _, address, _, _ in said_of(result)} >= {DATA, PLAN}
    assert named in messages(result)


def test_a_tag_that_nothing_depends_on_may_be_unknown(check: Check) -> None:
    """One unknown tag hides all of `tags_all`, but the one that decides is in `tags`."""
    plan = base()
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    plan.add(DATA, tags={"backup-tier": "gold"}, tags_all=Later({}), id=Later("vol-1"), **KEYED)
    document = plan.first()
    document["resource_changes"][-1]["change"]["after_unknown"]["tags"] = {"Name": True}

    assert said_of(check(document)) == set()


def test_an_unknown_selection_leaves_what_is_selected_elsewhere_a_pass(check: Check) -> None:
    """More selections could not take the protection away."""
    plan = protected()
    selection(plan, "second", "gold", selection_tag=Later([], ["var.tags"]))

    assert (COVERED, DATA) not in {
        (control, address) for control, address, _, _ in said_of(check(plan.first()))
    }


def test_without_any_backup_plan_it_is_not_known_what_protects_a_resource(check: Check) -> None:
    """The plan may be declared elsewhere: that is no finding, and no pass."""
    result = check(volume(Plan(), "data", backup_tier="silver").first())

    assert said_of(result) == {(COVERED, DATA, "INSUFFICIENT_DATA", "evidence_gap")}
    assert "there is no backup plan among the inputs" in messages(result)
    assert result.exit_code == ExitCode.INCOMPLETE


def test_a_selection_of_a_plan_elsewhere_protects_in_a_way_that_is_not_known(check: Check) -> None:
    """That it selects is known; what the plan does is not."""
    plan = data(vault(Plan()))
    selection(plan, "gold", "gold", plan_id="0f6ed9b2", selection_tag=by_tag("gold"))

    result = check(plan.first())

    assert (COVERED, DATA, "INSUFFICIENT_DATA", "evidence_gap") in said_of(result)
    assert "the plan of selection gold is not among the inputs" in messages(result)
    assert {verdict for _, _, verdict, _ in said_of(result)} == {"INSUFFICIENT_DATA"}


def test_the_lock_of_a_vault_elsewhere_is_not_known(check: Check) -> None:
    """The other controls have their say."""
    plan = backup_plan(Plan(), "gold")
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))

    result = check(data(plan).first())

    assert said_of(result) == {(LOCK, PLAN, "INSUFFICIENT_DATA", "evidence_gap")}
    assert f"vault arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:main is not among" in messages(result)
    assert result.counts["COMPLIANT"] == 4


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"errored": True}, "errored: true"),
        ({"complete": False}, "(complete: false), so something"),
        ({"complete": False, "deferred_changes": [{}, {}]}, "(complete: false) and 2 changes are deferred"),
        ({"complete": True, "deferred_changes": [{}]}, "defers changes (1 in deferred_changes)"),
    ],
    ids=["errored", "incomplete", "deferred", "only deferred"],
)
def test_a_plan_that_is_not_whole_proves_nothing(check: Check, more: Json, why: str) -> None:
    """Whatever it shows: something may be missing from it."""
    for plan in (protected(), volume(protected(), "other")):
        plan.more = more

        result = check(plan.first())

        assert {verdict for _, _, verdict, _ in said_of(result)} == {"INSUFFICIENT_DATA"}
        assert result.exit_code == ExitCode.INCOMPLETE
        assert why in result.incomplete[0].why


def test_an_organizational_unit_that_decides_is_asked_for(check: Check) -> None:
    """An untagged volume is bronze, but silver in an account of Production; both are unprotected."""
    weekly = rule(schedule="cron(0 5 ? * SUN *)", lifecycle=[{"delete_after": 35}])
    plan = backup_plan(vault(Plan()), "weekly", weekly)
    selection(plan, "weekly", "weekly", resources=["arn:aws:ec2:*:*:volume/*"])
    document = volume(plan, "data", team="web").first()
    weekly_plan = "aws_backup_plan.weekly"

    assert said_of(check(document, unit="")) == set()
    assert said_of(check(document, unit="Work/Production")) == {
        (RPO, weekly_plan, "NON_COMPLIANT", "interval_exceeds_rpo")
    }
    assert said_of(check(document, unit=None)) == {
        (RPO, weekly_plan, "INSUFFICIENT_DATA", "organizational_unit_decides")
    }


def test_an_unknown_fails_only_where_it_is_asked_for(check: Check) -> None:
    """Findings fail, unknowns do so with --fail-on-unknown."""
    document = selection(
        volume(protected(), "other", backup_tier="silver"), "s", "gold", selection_tag=Later([], ["var.t"])
    ).first()

    result = check(document)

    assert {verdict for _, _, verdict, _ in said_of(result)} == {"INSUFFICIENT_DATA"}
    assert result.exit_code == ExitCode.COMPLIANT
    assert check(document, fail_on_unknown=True).exit_code == ExitCode.INCOMPLETE


@st.composite
def configurations(draw: st.DrawFn) -> Plan:
    """Plans, selections by tag, ARN and pattern, vaults with locks, and volumes, each in some number."""
    plan = Plan()
    tiers = ["gold", "Gold", "silver", "bronze", "exempt", ""]
    for name in draw(st.lists(st.sampled_from(["main", "other"]), unique=True)):
        locked = draw(st.booleans())
        lock: dict[str, Any] = {"min_retention_days": draw(st.integers(1, 60))} if locked else {}
        vault(plan, name, **lock)
    names = [f"v{number}" for number in range(draw(st.integers(0, 4)))]
    for name in names:
        tier = draw(st.sampled_from(tiers))
        volume(plan, name, **({"backup_tier": tier} if tier else {}))
    for name in draw(st.lists(st.sampled_from(["one", "two"]), unique=True)):
        days = draw(st.sampled_from([None, 7, 14, 35, 100]))
        made = rule(
            schedule=draw(
                st.sampled_from(["cron(0 5 ? * * *)", "cron(0 0/6 ? * * *)", "cron(0 5 ? * SUN *)"])
            ),
            target_vault_name=draw(st.sampled_from(["main", "other"])),
            lifecycle=[{"delete_after": days}],
        )
        backup_plan(plan, name, made)
        how = draw(st.sampled_from(["tag", "arn", "pattern", "all"]))
        if how == "tag":
            selection(plan, name, name, selection_tag=by_tag(draw(st.sampled_from(tiers[:4]))))
        elif how == "arn" and names:
            chosen = draw(st.sampled_from(names))
            number = f"vol-{sum(map(ord, chosen)):017x}"
            arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{number}"
            selection(plan, name, name, resources=Later([arn], [f"aws_ebs_volume.{chosen}.arn"]))
        else:
            pattern = "*" if how == "all" else f"arn:aws:ec2:*:{ACCOUNT}:volume/*"
            selection(plan, name, name, resources=[pattern])
    return plan


@given(plan=configurations())
def test_first_and_second_plans_always_say_the_same(catalogue: Catalogue, engine: Engine, plan: Plan) -> None:
    """Whatever is configured: the verdicts by address are the same before and after the apply."""

    def judged(document: Json) -> tuple[set[tuple[str, str, str, str]], dict[str, int]]:
        reading = read_plan(document, Source("plan.json", b""), Assumed())
        result = judge_inputs(
            Inputs([reading], []), engine, catalogue, Settings(as_of=AS_OF), CheckOptions(unit="")
        )
        return said_of(result), dict(result.counts)

    assert judged(plan.first()) == judged(plan.second())
