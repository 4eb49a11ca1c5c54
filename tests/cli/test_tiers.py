"""`auditor tiers`: the tiers with what assigns them, and the tag policy that they need."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

TIERS = """\
tiers:
  gold: {required: true, rpo_hours: 24, retention_days: 7, customer_key: false, lock: none}
  exempt: {required: false}
assignment:
  - tier: exempt
    tags: {env: lab}
    accounts: ["111122223333"]
  - {tier: gold, tags: {backup-tier: gold}}
  - tier: exempt
    resource_types: [CloudFormation, EKS]
    organizational_units: [Lab]
  - {tier: exempt, tags: {backup-tier: exempt}, organizational_units: [Lab]}
default: gold
"""


@pytest.fixture
def own(here: Run, tmp_path: Path) -> Run:
    """The command with tiers of one's own."""
    (tmp_path / "tiers.yaml").write_text(TIERS, encoding="utf-8")

    def run(*arguments: str) -> object:
        return here("tiers", *arguments, env={"AUDITOR_TIERS": "tiers.yaml"})

    return run  # type: ignore[return-value]  # with fewer arguments


def test_the_entries_are_listed_in_their_order_with_their_lines(own: Run) -> None:
    """And the default last; the demands of each tier stand above."""
    done = own("list")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-5:] == [
        "1. exempt: tag env=lab, account 111122223333 (line 5)",
        "2. gold: tag backup-tier=gold (line 8)",
        "3. exempt: organizational unit Lab, resource type CloudFormation or EKS (line 9)",
        "4. exempt: tag backup-tier=exempt, organizational unit Lab (line 12)",
        "else gold",
    ]
    assert 'rpo_hours 24, retention_days 7, customer_key false, lock "none"' in done.stdout


def test_the_same_as_json(own: Run) -> None:
    """What an entry does not ask for is not there."""
    found = json.loads(own("list", "--json").stdout)

    assert found["assignment"][2] == {
        "number": 3,
        "line": 9,
        "tier": "exempt",
        "organizational_units": ["Lab"],
        "resource_types": ["CloudFormation", "EKS"],
    }
    assert (list(found["tiers"]), found["default"]) == (["gold", "exempt"], "gold")


def test_the_tag_policy_is_a_document_for_one_target(own: Run) -> None:
    """The root's on stdout; that a unit needs one too is said beside it."""
    done, unit = own("tag-policy", "--report-only"), own("tag-policy", "--target", "Lab")

    key = json.loads(done.stdout)["tags"]["backup-tier"]
    assert (key["tag_key"], key["tag_value"]) == ({"@@assign": "backup-tier"}, {"@@assign": ["gold"]})
    assert "enforced_for" not in key
    assert done.stderr == "this is for the root; print with --target those for Lab\n"
    assert json.loads(unit.stdout) == {"tags": {"backup-tier": {"tag_value": {"@@append": ["exempt"]}}}}
    assert unit.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "Shop"], "Shop needs no tag policy of its own; there is one for root, Lab."),
        (
            ["--tag-key", "Env"],
            "no entry of the assignment goes by the tag 'Env'; there are backup-tier, env.",
        ),
    ],
)
def test_what_there_is_no_policy_for_is_refused(own: Run, arguments: list[str], said: str) -> None:
    """With what there is."""
    done = own("tag-policy", *arguments)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"auditor: {said}\n")


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (
            "{env: prod}",
            (
                "the tags env may have values that are no tier's; name with --tag-key those that may have no "
                "others than the assignment's."
            ),
        ),
        (
            '{"aws:cloudformation:stack-name": gold}',
            "no entry of the assignment goes by a tag that users set; there is no tag policy.",
        ),
        (
            "{Tier: gold, tier: gold}",
            (
                "the tags Tier, tier differ in capitals alone, and AWS would refuse all but one: use one of "
                "them in the assignment, or name one with --tag-key."
            ),
        ),
    ],
)
def test_keys_that_may_have_other_values_are_never_restricted_unasked(
    here: Run, tmp_path: Path, tags: str, said: str
) -> None:
    """`env` is `prod` for gold, and may be `test` elsewhere."""
    text = (
        f"tiers: {{gold: {{required: false}}}}\nassignment: [{{tier: gold, tags: {tags}}}]\ndefault: gold\n"
    )
    (tmp_path / "tiers.yaml").write_text(text, encoding="utf-8")
    done = here("tiers", "tag-policy", "--tiers", "tiers.yaml")

    assert (done.returncode, done.stderr) == (2, f"auditor: {said}\n")
