"""Anything may stand anywhere in an input: the check ends with a verdict or with one sentence."""

import copy
from collections.abc import Iterator
from contextlib import suppress
from posixpath import abspath
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed, Source, Template
from auditor.check.inputs import FORMATS, Inputs, _recognised
from auditor.check.lines import document_of
from auditor.check.nested_templates import NestedTemplates
from auditor.check.organizations.effective import settle
from auditor.check.run import CheckOptions, judge_inputs
from auditor.model.errors import AuditorError
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from tests.check.change_sets import whole as change_set_of_all
from tests.check.conftest import AS_OF
from tests.check.policies import WHOLE
from tests.check.terraform import Later, backup_plan, protected, selection, vault, volume
from tests.check.test_backup_documents import plan as api_plan
from tests.check.test_backup_documents import selection as api_selection
from tests.check.test_cloudformation import TEMPLATE
from tests.check.test_nested_stacks import DATA, parent


def terraform() -> Any:
    """A plan with something of everything that is looked at."""
    plan = vault(protected(), "second", min_retention_days=7)
    backup_plan(plan, "other")
    selection(plan, "other", "other", resources=Later([], ["module.a.x", "var.y"]))
    plan.output("module.a", "x", "var.y").call("module.a", y=["aws_ebs_volume.data.arn"])
    volume(plan, "more", 'module.a.aws_ebs_volume.more["k"]', backup_tier="silver")
    plan.add("aws_backup_vault.old", ["delete"], before={"name": "old"})
    plan.add("aws_backup_region_settings.x", resource_type_opt_in_preference={"EBS": True})
    return plan.first()


DOCUMENTS = [
    terraform(),
    document_of(Source("t", TEMPLATE.encode())).value,
    {"BackupPlan": api_plan(), "BackupSelection": api_selection()},
    WHOLE,
    change_set_of_all(),
    {
        "organization": {
            "root": {
                "id": "r-ab12",
                "policies": [],
                "accounts": {"111122223333": {"name": "a"}},
                "units": {"u": {"units": None}},
            }
        }
    },
]

DOCUMENTS.append(document_of(Source("t", parent(Parameters={"Tier": "gold"}).encode())).value)

#: A policy of a vault, a key or a role.
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": ["backup:DeleteRecoveryPoint"],
            "Resource": "*",
            "Condition": {"StringNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/x"]}},
        }
    ],
}


def guarded() -> Any:
    """A template of what has policies: a vault, its key, a role, and an organization."""
    vault = {"BackupVaultName": "v", "AccessPolicy": POLICY, "EncryptionKeyArn": {"Fn::GetAtt": ["K", "Arn"]}}
    inline = [{"PolicyName": "p", "PolicyDocument": POLICY}]
    roles = [{"Ref": "R"}]
    made = {
        "V": ("Backup::BackupVault", {**vault, "LockConfiguration": {"MinRetentionDays": 7}}),
        "K": ("KMS::Key", {"KeyPolicy": POLICY, "PendingWindowInDays": 7}),
        "R": ("IAM::Role", {"AssumeRolePolicyDocument": POLICY, "Policies": inline}),
        "M": ("IAM::ManagedPolicy", {"Roles": roles, "PolicyDocument": POLICY}),
        "O": ("Organizations::Policy", {"Type": "BACKUP_POLICY", "Content": WHOLE, "TargetIds": ["r-ab12"]}),
    }
    return {
        "Resources": {name: {"Type": f"AWS::{type_}", "Properties": of} for name, (type_, of) in made.items()}
    }


DOCUMENTS.append(guarded())


def nested() -> NestedTemplates:
    """The template of the nested stack of the last document."""
    source = Source("stacks/data.yaml", DATA.encode())
    found = NestedTemplates(lambda file, name: None)  # noqa: ARG005 -- nothing else is there
    found.given[abspath(source.name)] = Template(document_of(source).value, source)
    return found


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)  # JSON's larger ones are read as floats, YAML's are refused
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["Ref", "*", "arn:aws:ec2:::", "aws_backup_vault.main", "${A}", "cron(0 5 ? * * *)"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "Ref", "Fn::Sub", "references", "value"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every object or list of a document, with each of its keys."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from places(inner)


@given(data=st.data())
def test_whatever_stands_in_an_input_ends_in_a_verdict_or_a_sentence(
    catalogue: Catalogue, engine: Engine, data: st.DataObject
) -> None:
    """Up to three places of a document are anything; what is left of it is judged, or it is refused."""
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from([*places(document)]))
        holder[key] = data.draw(VALUES)
    format_ = next((one for one in FORMATS if one.recognises(document)), None)
    if format_ is None:
        return
    with suppress(AuditorError):
        reading = format_.read(document, Source("input.json", b"{}"), Assumed(nested=nested()))
        settle([reading], Assumed())
        result = judge_inputs(
            Inputs([reading, *reading.nested], []),
            engine,
            catalogue,
            Settings(as_of=AS_OF),
            CheckOptions(unit=""),
        )
        assert result.counts.get("ERROR", 0) == 0
        assert result.exit_code in (0, 3, 4)


@given(data=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode(errors="replace")))
def test_bytes_that_are_no_document_are_refused_in_a_sentence(data: bytes) -> None:
    """Of no format, or not even JSON or YAML."""
    with suppress(AuditorError):
        _recognised(Source("input", data), required=True)
