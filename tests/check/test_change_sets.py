"""Change sets of CloudFormation: what they make, what they take away, and what stays unknown."""

import json
from typing import Any

import pytest

from auditor.check.cloudformation import beside as module
from auditor.check.cloudformation import stack_changes
from auditor.check.cloudformation.change_set import KIND, read_change_set
from auditor.check.cloudformation.reader import KIND as TEMPLATE
from auditor.check.declared import Assumed, Declaration, DeclaredVault, Place, Source
from auditor.check.reading import Reading
from auditor.model.errors import AuditorError, ExitCode
from auditor.model.vaults import VaultLock
from tests.check.change_sets import (
    LATER,
    PLAN,
    ROLE,
    SELECTION,
    VAULT,
    VOLUME,
    change,
    change_set,
    plan,
    selection,
    vault,
    volume,
    whole,
)
from tests.check.conftest import Check, messages, said_of

Json = dict[str, Any]

STAYS, COVERED, RETENTION, LOCKED = "BKP-GOV-001", "BKP-COV-001", "BKP-RET-001", "BKP-IMM-003"
MANAGED = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
FOUND, OPEN = "NON_COMPLIANT", "INSUFFICIENT_DATA"
POLICY, AIR_GAPPED = "AWS::Organizations::Policy", "AWS::Backup::LogicallyAirGappedBackupVault"
BACKUPS = {"AssumeRolePolicyDocument": {"Statement": [{"Principal": {"Service": "backup.amazonaws.com"}}]}}


def lost(check: Check, *changes: Json, **more: Any) -> set[tuple[str, str, str]]:
    """What is said of losses: address, verdict and the kind that is lost, "" where that is not known."""
    result = check(change_set(*changes, **more))
    return {
        (entry.declaration.address, str(entry.verdict), str(reason.evidence.get("kind", "")))
        for entry in result.entries
        if entry.control_id == STAYS
        for reason in entry.reasons
    }


def template() -> Json:
    """The template of the stack of `whole()`."""
    made = {"Main": (VAULT, vault()), "Plan": (PLAN, plan(vault="main")), "Data": (VOLUME, volume())}
    resources = {name: {"Type": kind, "Properties": given} for name, (kind, given) in made.items()}
    inner = selection(plan_id={"Ref": "Plan"})  # type: ignore[arg-type]  # as a template writes it
    resources["Selection"] = {"Type": SELECTION, "Properties": inner}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (change("X", PLAN, "Remove", before=plan()), {("X", FOUND, "plan")}),
        (change("X", SELECTION, "Remove", before=selection()), {("X", FOUND, "selection")}),
        (change("X", VAULT, "Remove", before=vault()), {("X", FOUND, "vault")}),
        (change("X", AIR_GAPPED, "Remove"), {("X", FOUND, "vault")}),
        (change("X", VAULT, before=vault(), after=vault(), Replacement="True"), {("X", FOUND, "vault")}),
        (change("X", VAULT, before=vault(), after=vault(), Replacement="Conditional"), {("X", OPEN, "")}),
        (change("X", VAULT, before=vault(), after=vault(), Replacement="False"), set()),
        (change("X", VAULT, "Dynamic", before=vault(), after=vault()), {("X", OPEN, "")}),
        (change("X", VAULT, "Import", after=vault()), set()),
        (change("X", VAULT, "Remove", before=vault(), PolicyAction="Retain"), set()),
        (change("X", VAULT, "Remove", before=vault(), PolicyAction="Delete"), {("X", FOUND, "vault")}),
        (
            change(
                "X", VAULT, before=vault(), after=vault(), Replacement="True", PolicyAction="ReplaceAndRetain"
            ),
            set(),
        ),
        (change("X", PLAN, before=plan(), after=plan(), Replacement="True"), set()),
        (change("X", PLAN, before=plan(), after=plan(minutes=61)), set()),
        (change("X", VAULT, before=vault(), after={"BackupVaultName": "main"}), {("X", FOUND, "lock")}),
        (change("X", VAULT, before=vault(), after=vault(MinRetentionDays="8")), set()),
        (
            change("X", VAULT, before=vault(AccessPolicy={"Id": "a"}), after=vault()),
            {("X", FOUND, "vault policy")},
        ),
        (change("X", ROLE, "Remove", before={"ManagedPolicyArns": [MANAGED]}), {("X", FOUND, "role")}),
        (change("X", ROLE, "Remove", before=BACKUPS), {("X", FOUND, "role")}),
        (change("X", ROLE, "Remove", before={"ManagedPolicyArns": ["arn:aws:iam::aws:policy/Other"]}), set()),
        (change("X", ROLE, "Remove"), {("X", OPEN, "")}),
        (
            change("X", ROLE, before={"ManagedPolicyArns": [MANAGED]}, after={"ManagedPolicyArns": []}),
            {("X", FOUND, "role policy")},
        ),
        (
            change(
                "X", ROLE, before={"ManagedPolicyArns": [MANAGED]}, after={"ManagedPolicyArns": [MANAGED]}
            ),
            set(),
        ),
        (
            change("X", POLICY, "Remove", before={"Type": "BACKUP_POLICY"}),
            {("X", FOUND, "organization policy")},
        ),
        (change("X", POLICY, "Remove", before={"Type": "SERVICE_CONTROL_POLICY"}), set()),
        (change("X", POLICY, "Remove"), {("X", OPEN, "")}),
        (change("X", VOLUME, "Remove", before=volume()), set()),
    ],
    ids=range(27),
)
def test_what_is_deleted_or_replaced_of_what_protects_is_a_finding(
    check: Check, entry: Json, said: set[tuple[str, str, str]]
) -> None:
    """What AWS keeps, what is replaced without a loss, and what does not protect is none."""
    assert lost(check, entry) == said


@pytest.mark.parametrize(
    ("made", "more", "said"),
    [
        ([change("New", SELECTION, "Add", after=selection())], {}, set()),
        ([change("New", SELECTION, "Add", after=selection("silver"))], {}, {("Plan", FOUND), ("Sel", FOUND)}),
        ([change("New", SELECTION, "Add", after=selection(LATER))], {}, {("Plan", OPEN), ("Sel", OPEN)}),
        ([], {"NextToken": "x"}, {("Plan", OPEN), ("Sel", OPEN)}),
        ([], {"Status": "CREATE_PENDING"}, {("Plan", OPEN), ("Sel", OPEN)}),
        ([], {}, {("Plan", FOUND), ("Sel", FOUND)}),
    ],
)
def test_a_deletion_for_which_something_else_stands_in_is_no_finding(
    check: Check, made: list[Json], more: Json, said: set[tuple[str, str]]
) -> None:
    """A selection of the same words; of a plan each. What may be one, or on another page, leaves it open."""
    gone = [
        change("Plan", PLAN, "Remove", before=plan()),
        change("Sel", SELECTION, "Remove", before=selection()),
    ]

    assert {(address, verdict) for address, verdict, _ in lost(check, *gone, *made, **more)} == said


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        ([change("New", SELECTION, "Add")], OPEN),
        ([change("New", SELECTION)], OPEN),
        ([change("New", SELECTION, "Remove")], FOUND),
        ([change("New", VOLUME, "Add")], FOUND),
        ([], FOUND),
    ],
    ids=range(5),
)
def test_without_property_values_any_selection_that_stays_may_do_the_same(
    check: Check, made: list[Json], verdict: str
) -> None:
    """Of the plan as of its selection; a vault is lost all the same."""
    gone = [
        change("Plan", PLAN, "Remove"),
        change("Sel", SELECTION, "Remove"),
        change("Main", VAULT, "Remove"),
    ]
    said = {address: found for address, found, _ in lost(check, *gone, *made) if address != "New"}

    assert said == {"Plan": verdict, "Sel": verdict, "Main": FOUND}


def test_a_deleted_role_of_a_selection_is_one_of_backups(check: Check) -> None:
    """Whatever it is called, and whether the selection stays or not."""
    role = change("Role", ROLE, "Remove", before={"RoleName": "backup"}, PhysicalResourceId="backup")
    kept = change("Sel", SELECTION, before=selection(), after=selection("silver"))

    assert lost(check, role, kept) == {("Role", FOUND, "role")}
    assert lost(check, role) == set()


def test_the_properties_afterwards_are_judged(check: Check) -> None:
    """In the account and Region of the stack, with the ids that it has; what else protects is not known."""
    result = check(whole())

    assert {(entry.account_id, entry.region) for entry in result.entries} == {("111122223333", "eu-west-1")}
    of_plan = {(control, "Plan", OPEN, "evidence_gap") for control in ("BKP-FRQ-003", RETENTION)}
    of_vault = ("BKP-ENC-005", "Main", OPEN, "evidence_gap")
    assert said_of(result) == {*of_plan, of_vault, (COVERED, "Data", OPEN, "evidence_gap")}
    assert result.counts["COMPLIANT"] == 3
    assert "a change set has only what changes" in messages(result)
    assert result.excerpts == {}


def test_what_is_wrong_in_itself_is_a_finding(check: Check) -> None:
    """A lifecycle outside the lock of its vault, whatever else there is."""
    document = whole()
    locked = vault(LockConfiguration={"MinRetentionDays": "36", "ChangeableForDays": "3"})
    document["Changes"][0] = change("Main", VAULT, before=vault(), after=locked, PhysicalResourceId="main")

    result = check(document)

    assert ("BKP-IMM-002", "Plan", FOUND) in {
        (control, at, verdict) for control, at, verdict, _ in said_of(result)
    }
    assert result.exit_code == ExitCode.FINDINGS


def test_with_its_template_all_is_known(check: Check) -> None:
    """The template says what there is, and the change set what is lost; one of another stack is no help."""
    both = check(whole(), template())
    assert (said_of(both), both.counts["COMPLIANT"], both.exit_code) == (set(), 6, ExitCode.COMPLIANT)

    removing = whole()
    removing["Changes"].append(change("Old", VAULT, "Remove", before=vault(BackupVaultName="old")))
    assert said_of(check(removing, template())) == {(STAYS, "Old", FOUND, "deleted")}

    tagged = template()
    del tagged["Resources"]["Data"]["Properties"]["Tags"]
    tags = [{"Key": "backup-tier", "Value": "gold"}]
    assert COVERED in {control for control, *_ in said_of(check(whole(), tagged))}
    assert said_of(check({**whole(), "Tags": tags}, tagged)) == set()
    for documents, said in (([whole(), tagged], False), ([tagged], True)):
        assert any("no tags of its own" in one for one in check(*documents).assumed) is said

    other = template()
    del other["Resources"]["Data"]
    assert (COVERED, "Data", OPEN, "evidence_gap") in said_of(check(whole(), other))


@pytest.mark.parametrize(
    ("at", "path", "value", "said"),
    [
        ("Plan", "BackupPlan.BackupPlanRule.0.Lifecycle.DeleteAfterDays", 36, True),
        ("Plan", "BackupPlan.BackupPlanRule.0.ScheduleExpression", "cron(0 0/5 ? * * *)", True),
        ("Plan", "BackupPlan.BackupPlanRule.0.StartWindowMinutes", 61, True),
        ("Plan", "BackupPlan.BackupPlanRule", [], True),
        ("Selection", "BackupSelection.ListOfTags.0.ConditionValue", "gol", True),
        ("Selection", "BackupSelection.Resources", ["*"], True),
        ("Main", "LockConfiguration.MinRetentionDays", "8", True),
        ("Data", "Tags.0.Value", "none", True),
        ("Plan", "BackupPlan.BackupPlanRule.0.Lifecycle.DeleteAfterDays", 35, False),
        ("Plan", "BackupPlan.BackupPlanRule.0.TargetBackupVault", {"Ref": "Main"}, False),
        ("Plan", "BackupPlan.BackupPlanName", "other", False),
        ("Selection", "BackupSelection.IamRoleArn", "other", False),
        ("Data", "Size", 9, False),
        ("Main", "BackupVaultTags", {"a": "b"}, False),
    ],
    ids=range(14),
)
def test_a_template_that_says_something_else_is_not_believed(
    check: Check, at: str, path: str, value: Any, *, said: bool
) -> None:
    """An older one, or one whose parameters are not those of the change set, where that matters."""
    other = template()
    *way, last = path.split(".")
    part = other["Resources"][at]["Properties"]
    for key in way:
        part = part[int(key) if key.isdecimal() else key]
    part[int(last) if last.isdecimal() else last] = value

    result = check(whole(), other)

    told = f"makes {at} otherwise than it says; name the template of the change set, and --parameters"
    assert [told in one.why for one in result.incomplete] == [True] * said
    assert (result.exit_code == ExitCode.COMPLIANT) is not said
    if said:  # beside its own template, the other is of another stack
        assert not check(whole(), other, template()).incomplete


@pytest.mark.parametrize("removed", [True, False])
def test_without_property_values_nothing_passes_and_that_is_said(check: Check, *, removed: bool) -> None:
    """What is deleted is a finding all the same."""
    changes = [change("Data", VOLUME, "Add"), change("More", VOLUME), change("Code", "AWS::Lambda::Function")]
    changes += [change("Main", VAULT, "Remove")] if removed else []

    result = check(change_set(*changes))

    assert result.counts["COMPLIANT"] == 0
    said = "it has no property values of Data and 1 more, so what they come to is not known; write it with"
    assert [one.why for one in result.incomplete] == [f"{said} --include-property-values"]
    assert result.exit_code == (ExitCode.FINDINGS if removed else ExitCode.INCOMPLETE)


def test_more_pages_are_said(check: Check) -> None:
    """Nothing of what there is passes then."""
    result = check({**whole(), "NextToken": "x"})

    assert "it has more pages (NextToken)" in result.incomplete[0].why
    assert result.exit_code == ExitCode.INCOMPLETE


def test_what_aws_will_make_is_unknown(check: Check) -> None:
    """As a tag it leaves the tier open; as the plan of a selection it leaves open what protects."""
    tagged = check(change_set(change("Data", VOLUME, "Add", after=volume(LATER))))
    assert "a tag depends on what AWS will make" in messages(tagged)

    document = change_set(
        change("Selection", SELECTION, "Add", after=selection(plan_id=LATER)),
        change("Data", VOLUME, "Add", after=volume()),
    )
    assert {verdict for _, _, verdict, _ in said_of(check(document))} == {OPEN}


def test_tags_of_the_stack_are_tags_of_its_resources() -> None:
    """The change set has them; a tag of the resource itself comes first."""
    document = change_set(
        change("Data", VOLUME, "Add", after={"Tags": [{"Key": "a", "Value": "b"}]}),
        change("Own", VOLUME, "Add", after=volume("silver")),
        Tags=[{"Key": "backup-tier", "Value": "gold"}, {"Key": None}, 7],
    )
    source = Source("cs.json", json.dumps(document).encode())

    found = read_change_set(document, source, Assumed())

    assert [one.tags for one in found.resources] == [
        {"backup-tier": "gold", "a": "b"},
        {"backup-tier": "silver"},
    ]


def test_what_is_deleted_is_known_by_the_id_that_it_had() -> None:
    """So that it is found in the evidence of a run; what AWS keeps is not deleted."""
    document = change_set(
        change("Plan", PLAN, "Remove", before=plan()),
        change("Sel", SELECTION, "Remove"),
        change("Main", VAULT, "Remove", before=vault()),
        change("Data", VOLUME, "Remove", PhysicalResourceId="vol-1"),
        change("Kept", VOLUME, "Remove", PolicyAction="Retain"),
        change("Role", ROLE, "Remove", before={}),
        change("Other", VOLUME, before=volume(), after=volume(), PhysicalResourceId="vol-2"),
    )

    found = read_change_set(document, Source("cs.json", json.dumps(document).encode()), Assumed())

    where = "eu-west-1:111122223333"
    assert [(one.kind, one.key) for one in found.removed] == [
        ("plan", "id-of-Plan"),
        ("selection", "id-of-Sel"),
        ("vault", f"arn:aws:backup:{where}:backup-vault:main"),
        ("resource", f"arn:aws:ec2:{where}:volume/vol-1"),
    ]
    assert [one.arn for one in found.resources] == [f"arn:aws:ec2:{where}:volume/vol-2"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (7, "entry 2 of Changes has no LogicalResourceId, ResourceType or Action"),
        ({"Type": "Resource", "ResourceChange": {"Action": "Add"}}, "entry 2 of Changes has no"),
        (change("X", VAULT, AfterContext="{"), "the properties of X are no JSON that is read"),
        (change("X", VAULT, AfterContext=7), "the properties of X are no JSON that is read"),
        (change("X", VAULT, AfterContext="[]"), "the properties of X are no JSON that is read"),
        (change("X", VAULT, AfterContext='{"a":' * 200 + "1" + "}" * 200), "the properties of X are no JSON"),
    ],
    ids=range(6),
)
def test_what_is_no_change_set_is_refused_in_one_sentence(check: Check, entry: Any, said: str) -> None:
    """Whatever stands in it."""
    with pytest.raises(AuditorError, match=r"input-1\.json: ") as refused:
        check(change_set(change("Data", VOLUME, "Add", after=volume()), entry))

    assert said in str(refused.value)


def test_properties_are_read_within_limits(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all entries together: escaped, they are no lists of the file."""
    text = json.dumps(whole()).count("{") + json.dumps(whole()).count("[")
    for most, fits in ((text, True), (3, False)):
        monkeypatch.setattr(stack_changes, "_MOST_CONTAINERS", most)
        if fits:
            check(whole())
        else:
            with pytest.raises(AuditorError, match="it has more than 3 lists and objects"):
                check(whole())


def test_what_a_template_declares_is_gathered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many change sets there are; each is held only against templates with something of its own."""
    pairs = [(str(number), Place(str(number), "eu-west-1")) for number in range(5)]
    found = [
        Reading(
            name,
            kind,
            vaults=[DeclaredVault(place, name, name, VaultLock(locked=False), Declaration(name, name))],
        )
        for name, place in pairs
        for kind in (KIND, TEMPLATE)
    ]
    gathered: list[str] = []
    declared = module._declared

    def counted(one: Reading) -> Any:
        gathered.append(one.file)
        return declared(one)

    monkeypatch.setattr(module, "_declared", counted)

    module.beside_templates(found)

    assert sorted(gathered) == sorted(name for name, _ in pairs for _ in range(2))
    assert [len(one.vaults) for one in found] == [0, 1] * 5
