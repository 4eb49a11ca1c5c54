"""The keys that vaults are encrypted with: disabled, destroyed, and what is not known."""

from typing import Any

import pytest

from tests.check.change_sets import VAULT as STACK_VAULT
from tests.check.change_sets import change, change_set
from tests.check.conftest import Check, messages, saying
from tests.check.terraform import ACCOUNT, Json, Later, Plan

USABLE = "BKP-ENC-002"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{ID}"
KEY, VAULT = "aws_kms_key.main", "aws_backup_vault.main"
IS: Json = {"arn": ARN, "id": ID, "key_id": ID, "is_enabled": True}


def vault(plan: Plan, key: Any, actions: Any = ("create",)) -> Plan:
    """A vault under a key; `key` may be `Later`."""
    return plan.add(VAULT, actions, name="main", kms_key_arn=key)


def plan(*, enabled: Any = True, key: Any = None, **more: Any) -> Plan:
    """A vault under a key of its own, before both exist."""
    made = Plan().add(
        KEY, arn=Later(ARN), id=Later(ID), key_id=Later(ID), is_enabled=enabled, deletion_window_in_days=7
    )
    return vault(made, Later(ARN, [f"{KEY}.arn"]) if key is None else key, **more)


said = saying(USABLE)

DISABLED, DELETED = {("NON_COMPLIANT", "disabled")}, {("NON_COMPLIANT", "deleted")}
OPEN: set[tuple[str, str]] = {("INSUFFICIENT_DATA", "fact_not_known")}


def test_the_key_of_a_vault_is_enabled(check: Check) -> None:
    """In the first plan and in the second one; a key that no vault uses is not asked about."""
    for made, expected in (
        (plan(), set()),
        (plan(enabled=False), DISABLED),
        (plan(enabled=False, key="arn:aws:kms:eu-west-1:1:key/other"), set()),
        (plan(enabled=False, key=Later("arn:aws:kms:eu-west-1:1:key/aws")), set()),
    ):
        assert said(check, made.first()) == said(check, made.second()) == expected
    assert check(plan().first()).counts["COMPLIANT"] == 1
    assert '"vaults":["main"]' in messages(check(plan(enabled=False).first()))


def test_an_alias_stands_for_its_key(check: Check) -> None:
    """Of the same plan."""
    made = plan(enabled=False, key=Later(ARN, ["aws_kms_alias.main.arn"]))
    target = Later(ID, [f"{KEY}.key_id"])
    made.add("aws_kms_alias.main", name="alias/backup", target_key_id=target)
    assert said(check, made.first()) == said(check, made.second()) == DISABLED


def stack(*, enabled: Any = False, **alias: Any) -> Json:
    """A template with a vault under an alias of a key."""
    named = {"Fn::Sub": "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:${Alias}"}
    properties = {"AliasName": "alias/backup", "TargetKeyId": {"Ref": "Key"}, **alias}
    return {
        "Parameters": {"Which": {"Type": "String"}},
        "Resources": {
            "Key": {"Type": "AWS::KMS::Key", "Properties": {"Enabled": enabled}},
            "Alias": {"Type": "AWS::KMS::Alias", "Properties": properties},
            "Main": {
                "Type": STACK_VAULT,
                "Properties": {"BackupVaultName": "main", "EncryptionKeyArn": named},
            },
        },
    }


def test_an_alias_of_a_template_stands_for_its_key(check: Check) -> None:
    """By the id or the ARN of the key; one that is not told may be of any."""
    by_arn: Json = {"TargetKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}
    place: Json = {"account": ACCOUNT, "region": "eu-west-1"}
    for document, expected in (
        (stack(), DISABLED),
        (stack(**by_arn), DISABLED),
        (stack(enabled=True), set()),
        (stack(TargetKeyId={"Ref": "Which"}), OPEN),
        (stack(AliasName={"Ref": "Which"}), DISABLED),
        (stack(TargetKeyId=f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/other"), set()),
    ):
        assert said(check, document, **place) == expected
    assert check(stack(), **place).not_looked_at == {}


def test_the_alias_may_be_of_another_input(check: Check) -> None:
    """A vault of a plan under an alias of a template."""
    of_plan = vault(Plan(), ALIAS).second()
    place: Json = {"account": ACCOUNT, "region": "eu-west-1"}
    parts = stack()["Resources"]
    del parts["Main"]

    assert said(check, of_plan, {"Resources": parts}, **place) == DISABLED
    parts["Key"]["Properties"]["Enabled"] = True
    assert said(check, of_plan, {"Resources": parts}, **place) == set()


ALIAS = f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/backup"


@pytest.mark.parametrize(("enabled", "expected"), [(False, OPEN), (True, set())], ids=["disabled", "enabled"])
def test_an_alias_that_no_input_has_may_stand_for_any_key(
    check: Check, *, enabled: bool, expected: set[tuple[str, str]]
) -> None:
    """Of the vault's account and Region; an enabled one does no harm."""
    assert said(check, plan(enabled=enabled, key=ALIAS).first()) == expected
    document = {
        "Resources": {
            "Key": {"Type": "AWS::KMS::Key", "Properties": {"Enabled": enabled}},
            "Vault": {"Type": STACK_VAULT, "Properties": {"EncryptionKeyArn": ALIAS}},
        }
    }
    assert said(check, document, account=ACCOUNT, region="eu-west-1") == expected
    assert ("alias/backup stands for is not among the inputs" in messages(check(document))) is bool(expected)


def test_an_alias_of_the_plan_may_stand_for_a_key_of_elsewhere(check: Check) -> None:
    """That is not the one which is disabled."""
    made = plan(enabled=False, key=Later(ALIAS, ["aws_kms_alias.main.arn"]))
    made.add("aws_kms_alias.main", name="alias/backup", target_key_id=ARN.replace("1234abcd", "99999999"))
    assert said(check, made.first()) == set()


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["delete"], DELETED),
        (["delete", "create"], DELETED),
        (["create", "delete"], DELETED),
        (["forget"], set()),
        (["no-op"], set()),
    ],
)
def test_a_key_that_the_change_destroys(
    check: Check, actions: list[str], expected: set[tuple[str, str]]
) -> None:
    """While a vault that is there uses it."""
    made = vault(Plan().add(KEY, actions, before=IS, **IS), ARN, ["no-op"])
    assert said(check, made.first()) == expected


def test_a_key_that_goes_with_its_vault_is_not_asked_about(check: Check) -> None:
    """The vault is what is lost then."""
    made = Plan().add(KEY, ["delete"], before=IS)
    made.add(VAULT, ["delete"], before={"name": "main", "kms_key_arn": ARN})
    assert said(check, made.first()) == set()


def test_what_is_not_known_is_unknown(check: Check) -> None:
    """The state of the key, and whether the vault is under it; an enabled one does no harm."""
    assert said(check, plan(enabled=Later(value=True, references=["var.on"])).first()) == OPEN
    assert said(check, plan(key=Later(ARN, ["var.key"])).first()) == set()
    hidden = plan(enabled=False, key=Later(ARN, ["var.key"])).first()
    assert said(check, hidden) == OPEN
    assert "whether the vault main is encrypted with it is not known" in messages(check(hidden))


@pytest.mark.parametrize(
    ("enabled", "key", "expected"),
    [
        (True, {"Fn::GetAtt": ["Key", "Arn"]}, set()),
        (False, {"Fn::GetAtt": ["Key", "Arn"]}, DISABLED),
        ("false", {"Fn::GetAtt": ["Key", "Arn"]}, DISABLED),
        ("False", {"Fn::GetAtt": ["Key", "Arn"]}, DISABLED),
        ("True", {"Fn::GetAtt": ["Key", "Arn"]}, set()),
        ("no", {"Fn::GetAtt": ["Key", "Arn"]}, OPEN),
        (0, {"Fn::GetAtt": ["Key", "Arn"]}, OPEN),
        (False, None, set()),
        (False, {"Ref": "Unsaid"}, OPEN),
        ({"Ref": "Unsaid"}, {"Fn::GetAtt": ["Key", "Arn"]}, OPEN),
    ],
)
def test_a_template_says_it_of_the_key(
    check: Check, enabled: Any, key: Any, expected: set[tuple[str, str]]
) -> None:
    """A key is enabled unless it says otherwise."""
    of_vault = {"BackupVaultName": "main"} | ({} if key is None else {"EncryptionKeyArn": key})
    document = {
        "Parameters": {"Unsaid": {"Type": "String"}},
        "Resources": {
            "Key": {"Type": "AWS::KMS::Key", "Properties": {"Enabled": enabled}},
            "Vault": {"Type": "AWS::Backup::BackupVault", "Properties": of_vault},
        },
    }
    assert said(check, document) == expected


@pytest.mark.parametrize(
    ("enabled", "expected"),
    [(True, set()), (None, set()), (False, DISABLED), ("false", OPEN), (0, OPEN), ([], OPEN)],
)
def test_a_plan_says_it_of_the_key(check: Check, enabled: Any, expected: set[tuple[str, str]]) -> None:
    """A plan of Terraform has a truth value or nothing there; what somebody wrote instead is not known."""
    made = vault(Plan().add(KEY, **{**IS, "is_enabled": enabled}), ARN)

    assert said(check, made.first()) == expected


def test_a_key_and_its_vault_may_be_of_two_inputs(check: Check) -> None:
    """The one destroys it, the other one uses it; another key does no harm."""
    gone, using = Plan().add(KEY, ["delete"], before=IS).first(), vault(Plan(), ARN).first()
    other = vault(Plan(), f"{ARN}-2").first()
    assert said(check, gone) == said(check, using) == said(check, gone, other) == set()
    assert said(check, gone, using) == said(check, using, gone) == DELETED
    off = Plan().add(KEY, **{**IS, "is_enabled": False}).first()
    assert said(check, off, using) == DISABLED


def of_stack(action: str, *, enabled: bool = True, **more: Any) -> Json:
    """What a change set does to a key of the id `ID`."""
    after = None if action == "Remove" else {"Enabled": enabled}
    return change(
        "Key", "AWS::KMS::Key", action, before={"Enabled": True}, after=after, PhysicalResourceId=ID, **more
    )


@pytest.mark.parametrize(
    ("key", "vault_too", "expected"),
    [
        (of_stack("Remove"), True, DELETED),
        (of_stack("Remove"), False, OPEN),
        (of_stack("Remove", PolicyAction="Retain"), True, set()),
        (of_stack("Modify", Replacement="True"), True, DELETED),
        (of_stack("Modify", Replacement="False"), True, set()),
        (of_stack("Modify", Replacement="True", PolicyAction="ReplaceAndRetain"), True, set()),
        (of_stack("Modify", enabled=False), True, DISABLED),
        (of_stack("Modify", enabled=False), False, OPEN),
        (of_stack("Modify"), False, set()),
    ],
    ids=[
        "removed",
        "removed-alone",
        "retained",
        "replaced",
        "not-replaced",
        "replaced-retained",
        "disabled",
        "disabled-alone",
        "enabled-alone",
    ],
)
def test_a_change_set_says_what_becomes_of_a_key(
    check: Check, *, key: Json, vault_too: bool, expected: set[tuple[str, str]]
) -> None:
    """A vault that does not change may use it, and is not in the change set; another input may have it."""
    using = {"BackupVaultName": "main", "EncryptionKeyArn": ARN}
    tagged = {**using, "BackupVaultTags": {"a": "b"}}
    changed = change("Vault", STACK_VAULT, before=using, after=tagged)
    assert said(check, change_set(key, *([changed] if vault_too else []))) == expected
    elsewhere = vault(Plan(), ARN).first()
    alone = {"Remove": DELETED, "Modify": DISABLED}[key["ResourceChange"]["Action"]]
    certain = alone if expected == OPEN else expected
    assert said(check, change_set(key), elsewhere) == certain


def test_the_template_of_a_change_set_leaves_its_deleted_keys(check: Check) -> None:
    """What goes is in the change set only; a key that goes with its vault is not asked about."""
    using = {"BackupVaultName": "main", "EncryptionKeyArn": ARN}
    template = {"Resources": {"Vault": {"Type": STACK_VAULT, "Properties": using}}}
    made = change("Vault", STACK_VAULT, before={**using, "BackupVaultTags": {"a": "b"}}, after=using)
    assert said(check, change_set(of_stack("Remove"), made), template) == DELETED
    gone = change("Vault", STACK_VAULT, "Remove", before=using)
    assert said(check, change_set(of_stack("Remove"), gone)) == set()
