"""The copies that tiers demand, held against what plans promise, in each form in which plans are written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.rego.engine import Engine
from auditor.rego.load import open_engine
from tests.check.conftest import Check, messages, said_of
from tests.check.policies import assign, policy, tree
from tests.check.policies import rule as policy_rule
from tests.check.terraform import (
    ACCOUNT,
    COPIES,
    FAR,
    Json,
    Later,
    Plan,
    backup_plan,
    by_tag,
    far_vault,
    protected,
    rule,
    selection,
    vault,
    volume,
)
from tests.check.test_backup_documents import plan as api_plan
from tests.check.test_backup_documents import selection as api_selection
from tests.check.test_cloudformation import changed, yaml_value

REGION, OTHER_ACCOUNT = "BKP-ISO-003", "BKP-ISO-004"
DATA = "aws_ebs_volume.data"
NEAR = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:main"
OTHER = "arn:aws:backup:eu-west-1:444455556666:backup-vault:other"
BOTH = "arn:aws:backup:eu-west-3:444455556666:backup-vault:other"
NONE = {(REGION, "NON_COMPLIANT", "no_copy"), (OTHER_ACCOUNT, "NON_COMPLIANT", "no_copy")}
RARE = {(name, verdict, "copies_too_rare") for name, verdict, _ in NONE}
SHORT = {(name, verdict, "copy_too_short") for name, verdict, _ in NONE}
UNKNOWN = {(name, "INSUFFICIENT_DATA", "evidence_gap") for name, *_ in NONE}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The shipped policies; gold demands a copy in another account too, for 14 days."""
    shipped = (policies_folder() / "tiers.yaml").read_text(encoding="utf-8")
    copy = "    copy:\n      retention_days: 35\n"
    found = tmp_path_factory.mktemp("tiers") / "tiers.yaml"
    found.write_text(shipped.replace(copy, f"{copy}    account_copy:\n      retention_days: 14\n"), "utf-8")
    return Catalogue.load(tiers=found)


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Iterator[Engine]:
    """These policies in an engine."""
    found = open_engine("embedded", catalogue.modules, catalogue.data)
    yield found
    found.close()


def copy_to(arn: str, days: int | None = 35) -> Json:
    """A copy action as Terraform's provider has it."""
    return {"destination_vault_arn": arn, "lifecycle": [{"delete_after": days, "cold_storage_after": None}]}


def copying(*copies: Json, kind: str = "", **changes: Any) -> Plan:
    """A volume of the tier gold, or something else of it, whose plan copies so."""
    plan = vault(Plan())
    backup_plan(plan, "gold", rule(copy_action=[*copies], **changes))
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    if not kind:
        return volume(plan, "data", backup_tier="gold")
    tags = {"backup-tier": "gold"}
    return plan.add(
        f"{kind}.data", tags=tags, tags_all=tags, id="data", name="data", cluster_identifier="data"
    )


def told(check: Check, *documents: Any, address: str = DATA, **options: str) -> set[tuple[str, str, str]]:
    """What is said of the copies of a resource."""
    found = said_of(check(*documents, **options))
    return {(name, verdict, code) for name, at, verdict, code in found if "-ISO-" in name and at == address}


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        ([], NONE),
        ([copy_to(NEAR)], NONE),
        ([copy_to(BOTH)], set()),
        ([copy_to(BOTH, None)], set()),
        ([{"destination_vault_arn": BOTH, "lifecycle": []}], set()),
        ([copy_to(FAR), copy_to(OTHER, 14)], set()),
        ([copy_to(FAR, 34), copy_to(OTHER, 13)], SHORT),
        ([copy_to(BOTH, 1), copy_to(FAR), copy_to(OTHER, 14)], set()),
        ([copy_to(FAR)], {(OTHER_ACCOUNT, "NON_COMPLIANT", "no_copy")}),
        ([copy_to(OTHER)], {(REGION, "NON_COMPLIANT", "no_copy")}),
    ],
    ids=[
        "none", "near", "both", "for-ever", "inherited", "each", "a-day-short", "one", "region", "account"
    ],
)  # fmt: skip
def test_the_copies_of_the_plans_are_held_against_the_tier(
    check: Check, copies: list[Json], said: set[tuple[str, str, str]]
) -> None:
    """In another Region, and in another account, for as long as demanded; before the apply and after it."""
    plan = copying(*copies)

    assert told(check, plan.first()) == told(check, plan.second()) == said


LONGER: Json = {"lifecycle": [{"delete_after": 36, "cold_storage_after": None}]}


@pytest.mark.parametrize(
    ("first", "copying_rule", "said"),
    [
        ({}, {"schedule": "cron(0 5 31 2 ? *)"}, NONE),
        ({}, {"schedule": "cron(0 5 1 1 ? 2020)"}, NONE),
        ({}, {"schedule": "cron(0 5 1 1 ? 2030)"}, RARE),
        ({}, {"schedule": "cron(0 3 1 1 ? *)"}, RARE),
        ({}, {"schedule": "cron(0 5 ? * * 2026)"}, {(*one[:2], "copies_end") for one in NONE}),
        ({}, {"schedule": "cron(0 3 ? * 2 *)"}, RARE),
        ({}, {"schedule": "often"}, UNKNOWN),
        (LONGER, {}, NONE),
        ({}, LONGER, set()),
        (LONGER, {"schedule": "cron(0 3 ? * * *)"}, set()),
        ({}, {}, UNKNOWN),
    ],
    ids=[
        "no-such-day", "over", "later", "yearly", "ending", "weekly", "unreadable",
        "overlapped", "overlapping", "beside", "as-long"
    ],
)  # fmt: skip
def test_a_rule_that_never_runs_makes_no_copy(
    check: Check, first: Json, copying_rule: Json, said: set[tuple[str, str, str]]
) -> None:
    """It is never due, or another rule of its plan, which keeps longer, runs in its place."""
    plan = vault(Plan())
    backup_plan(plan, "gold", rule(**first), rule(rule_name="b", copy_action=[copy_to(BOTH)], **copying_rule))
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    volume(plan, "data", backup_tier="gold")

    assert told(check, plan.first()) == told(check, plan.second()) == said


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:backup:*:444455556666:backup-vault:other",
        "arn:aws:backup:EU-WEST-3:444455556666:backup-vault:other",
        "arn:aws:backup::444455556666:backup-vault:other",
        "arn:aws-cn:backup:cn-north-1:444455556666:backup-vault:other",
        "arn:aws:s3:eu-west-3:444455556666:other",
        "other",
    ],
)
def test_what_names_no_vault_that_can_be_copied_into_is_no_copy(check: Check, arn: str) -> None:
    """A pattern, another partition, another service: where such a copy goes is not known."""
    assert told(check, copying(copy_to(arn)).first()) == UNKNOWN
    assert told(check, copying(copy_to(arn), copy_to(BOTH)).first()) == set()


def test_the_sentence_says_what_is_lacking_and_the_fix_says_how(check: Check) -> None:
    """In the words of each language; a day too few is named with both figures."""
    result = check(copying(copy_to(FAR, 34)).first())

    assert "its plans keep copies in another Region for 34 days; tier gold demands 35" in messages(result)
    assert (
        "no rule of its plans that runs copies it into another account; tier gold demands a copy for 14"
        in messages(result)
    )
    (fix,) = {one.fix for one in result.entries if one.control_id == REGION}
    assert all(word in fix for word in ("`copy_action {", "`CopyActions`", "`copy_actions`"))


def test_the_vault_of_the_copy_may_be_made_by_the_same_plan(check: Check) -> None:
    """By a provider's other Region; its twin without the copy is found."""
    copied = check(protected(copied=True).first())

    assert {one for one in said_of(copied) if one[0] == REGION} == set()
    assert (REGION, DATA, "NON_COMPLIANT", "no_copy") in said_of(check(protected().first()))


def two_plans(other: Json, **chosen: Any) -> Plan:
    """A volume whose plan copies into another account, and a second plan that selects it too, or may."""
    plan = copying(copy_to(OTHER))
    backup_plan(plan, "far", other)
    return selection(plan, "far", "far", **(chosen or {"selection_tag": by_tag("gold")}))


PERHAPS: Json = {"resources": Later(["*"], ["var.which"])}
AT_THREE: Json = {"schedule": "cron(0 3 ? * * *)"}


def test_another_plan_may_make_the_copy(check: Check) -> None:
    """One that surely selects the resource, and one that may; of what none selects nothing is said."""
    plan = two_plans(rule(copy_action=COPIES, **AT_THREE))
    volume(plan, "other", backup_tier="Gold")
    perhaps = two_plans(rule(copy_action=COPIES, **AT_THREE), **PERHAPS)

    assert told(check, plan.first()) == set()
    assert told(check, plan.first(), address="aws_ebs_volume.other") == set()
    assert told(check, perhaps.first()) == {(REGION, "INSUFFICIENT_DATA", "evidence_gap")}


@pytest.mark.parametrize(
    ("other", "chosen", "said"),
    [
        (rule(**LONGER), {}, UNKNOWN),
        (rule(**LONGER), PERHAPS, UNKNOWN),
        (rule(**LONGER, **AT_THREE), {}, set()),
        (rule(lifecycle=[{"delete_after": 34, "cold_storage_after": None}]), {}, set()),
        (rule(copy_action=[copy_to(BOTH)], **LONGER), {}, set()),
        (rule(**LONGER, schedule="cron(0 0 1 1 ? *)"), {}, set()),
        (rule(**LONGER, schedule="cron(0 0/6 ? * 2-7 *)"), {}, UNKNOWN),
        (rule(schedule="cron(0 1 ? * BAD *)"), {}, UNKNOWN),
        (rule(schedule="cron(0 1 ? * BAD *)", copy_action=[copy_to(BOTH)]), PERHAPS, UNKNOWN),
    ],
    ids=[
        "keeps-longer", "perhaps", "beside", "keeps-shorter", "copies-too", "once-a-year", "six-days",
        "cannot-be-read", "perhaps-and-cannot-be-read",
    ],
)  # fmt: skip
def test_a_rule_of_another_plan_may_run_in_the_place_of_one_that_copies(
    check: Check, other: Json, chosen: Json, said: set[tuple[str, str, str]]
) -> None:
    """That is not stated: where it makes a difference, neither a copy nor its lack is known."""
    plan = copying(copy_to(BOTH))
    backup_plan(plan, "far", other)
    selection(plan, "far", "far", **(chosen or {"selection_tag": by_tag("gold")}))

    assert told(check, plan.first()) == told(check, plan.second()) == said


def test_copies_of_several_rules_and_plans_count_together(check: Check) -> None:
    """Each comes too seldom; a rule that keeps too short is none of them."""
    even = rule(copy_action=[copy_to(BOTH)], schedule="cron(0 0 ? * 1,3,5,7 *)")
    odd = rule(rule_name="odd", copy_action=[copy_to(BOTH)], schedule="cron(0 0 ? * 2,4,6 *)")
    brief = {**odd, "copy_action": [copy_to(BOTH, 7)]}
    one, alone, short, several = (vault(Plan()) for _ in range(4))
    for plan, rules in ((one, [even, odd]), (alone, [even]), (short, [even, brief]), (several, [even])):
        backup_plan(plan, "gold", *rules)
        selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
        volume(plan, "data", backup_tier="gold")
    backup_plan(several, "odd", odd)
    selection(several, "odd", "odd", selection_tag=by_tag("gold"))

    assert [told(check, plan.first()) for plan in (one, alone, short, several)] == [set(), RARE, RARE, set()]


def test_a_tier_that_demands_no_copy_is_not_asked(check: Check) -> None:
    """Nor is it unknown where the plan is."""
    plan = vault(Plan())
    backup_plan(plan, "silver")
    selection(plan, "silver", "silver", selection_tag=by_tag("silver"))

    assert told(check, volume(plan, "data", backup_tier="silver").first()) == set()
    assert told(check, volume(Plan(), "data", backup_tier="silver").first()) == set()
    assert told(check, volume(Plan(), "data", backup_tier="gold").first()) == UNKNOWN


def test_a_plan_whose_copies_are_not_known_leaves_them_open(check: Check) -> None:
    """Unless another one makes them."""
    plan = copying()
    hidden = Later([rule(copy_action=COPIES)], ["var.rules"])
    plan.add("aws_backup_plan.far", name="far", id=Later("id-of-far"), rule=hidden)
    selection(plan, "far", "far", selection_tag=by_tag("gold"))
    enough = copying(copy_to(BOTH))
    enough.add("aws_backup_plan.far", name="far", id=Later("id-of-far"), rule=hidden)
    selection(enough, "far", "far", selection_tag=by_tag("gold"))

    assert told(check, plan.first()) == UNKNOWN
    assert told(check, enough.first()) == set()


def test_a_place_that_no_input_names_may_be_that_of_the_copy(check: Check) -> None:
    """The account of the plan is not known: the Region of the vault is another one, its account perhaps."""
    plan = far_vault(Plan())
    backup_plan(plan, "gold", rule(copy_action=[copy_to(BOTH)]))
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"), iam_role_arn=Later("", ["var.role"]))
    volume(plan, "data", backup_tier="gold")

    assert told(check, plan.first()) == {(OTHER_ACCOUNT, "INSUFFICIENT_DATA", "evidence_gap")}
    assert "whether that is in another account is not known" in messages(check(plan.first()))


@pytest.mark.parametrize(
    ("kind", "said"),
    [("aws_efs_file_system", set()), ("aws_redshift_cluster", NONE), ("aws_dynamodb_table", UNKNOWN)],
)
def test_what_aws_backup_does_not_copy_has_no_copy(
    check: Check, kind: str, said: set[tuple[str, str, str]]
) -> None:
    """Whatever its plan says; of DynamoDB it depends on how the Region manages it."""
    assert told(check, copying(copy_to(BOTH), kind=kind).first(), address=f"{kind}.data") == said


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        ("!Ref AWS::NoValue", NONE),
        (f"[{{DestinationBackupVaultArn: '{BOTH}', Lifecycle: {{DeleteAfterDays: '35'}}}}]", set()),
        (f"[{{DestinationBackupVaultArn: '{BOTH}', Lifecycle: {{DeleteAfterDays: 13}}}}]", SHORT),
        ("[{DestinationBackupVaultArn: !ImportValue far}]", UNKNOWN),
    ],
    ids=["none", "kept", "short", "unknown"],
)
def test_copies_of_a_template(
    check: Check, tmp_path: Path, copies: str, said: set[tuple[str, str, str]]
) -> None:
    """Of a stack whose account and Region the options name."""
    words = "- - DestinationBackupVaultArn: !GetAtt Main.BackupVaultArn\n              - !Ref AWS::NoValue"
    text = changed((words, f"- !Ref AWS::NoValue\n              - {copies}"))

    template = yaml_value(tmp_path, text)
    assert told(check, template, address="Data", account=ACCOUNT, region="eu-west-1") == said


SWITCH = "isCrossAccountBackupEnabled"
NO_ACCOUNT_COPY = {(OTHER_ACCOUNT, "NON_COMPLIANT", "no_copy")}
HANGS = {(OTHER_ACCOUNT, "INSUFFICIENT_DATA", "evidence_gap")}


@pytest.mark.parametrize(
    ("settings", "copies", "said"),
    [
        ({SWITCH: "true"}, [copy_to(BOTH)], set()),
        ({}, [copy_to(BOTH)], set()),  # whatever the organization has
        ({SWITCH: "false"}, [copy_to(BOTH)], NO_ACCOUNT_COPY),
        (Later({SWITCH: "true"}, ["var.copies"]), [copy_to(BOTH)], HANGS),
        (Later({SWITCH: "true"}, ["var.copies"]), [copy_to(FAR)], NO_ACCOUNT_COPY),
    ],
)
def test_copies_into_other_accounts_hang_on_the_switch_of_the_organization(
    check: Check, settings: Any, copies: list[Json], said: set[tuple[str, str, str]]
) -> None:
    """Known after the apply, it leaves open what hangs on it: a copy that nobody wrote is none."""
    plan = copying(*copies).add("aws_backup_global_settings.all", global_settings=settings).first()

    assert told(check, plan) == said
    named = f"{SWITCH} of aws_backup_global_settings.all is known only after the apply (var.copies)"
    assert said != HANGS or named in messages(check(plan))


@pytest.mark.parametrize(("days", "said"), [(35, set()), (13, SHORT), (None, NONE)])
def test_copies_of_plans_in_json_and_of_policies(
    check: Check, days: int | None, said: set[tuple[str, str, str]]
) -> None:
    """AWS Backup's own documents, and a policy of the organization, for the account's volume."""
    made = volume(Plan(), "data", backup_tier="gold").second()
    copy = {"DestinationBackupVaultArn": BOTH, "Lifecycle": {"DeleteAfterDays": days}}
    action = {
        BOTH: {"target_backup_vault_arn": assign(BOTH), "lifecycle": {"delete_after_days": assign(str(days))}}
    }
    of_policy = policy(rules={"daily": policy_rule(copy_actions=action if days else None)})

    assert told(check, api_plan(CopyActions=[copy] if days else []), api_selection(), made) == said
    assert told(check, tree(account=["input-2.json"]), of_policy, made) == said
