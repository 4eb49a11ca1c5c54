"""The file of waivers: what is kept of it, and what is refused with its file and line."""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.catalogue.waivers import Limit, Waivers, load_waivers, names_something
from auditor.model.errors import UsageError
from auditor.model.verdicts import Waiver

CONTROLS = [one for one in Catalogue.load().controls if one.id in ("BKP-ENC-001", "BKP-COV-001")]
WAIVER = """waivers:
  - control_id: BKP-ENC-001
    subject: arn:aws:ec2:*:snapshot/snap-1
    reason: Read only until the migration
    approved_by: CISO
    expires: 2026-03-31
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good file of one waiver."""
    path = tmp_path / "waivers.yaml"
    path.write_bytes(WAIVER.encode())
    return path


def test_waivers_are_kept_with_the_digest_of_their_file(file: Path) -> None:
    """A date is a date, an ARN pattern is kept as it is; the digest is that of sha256sum."""
    assert load_waivers(file, CONTROLS) == Waivers(
        (
            Waiver(
                "BKP-ENC-001",
                "arn:aws:ec2:*:snapshot/snap-1",
                "Read only until the migration",
                "CISO",
                date(2026, 3, 31),
            ),
        ),
        WAIVER.encode(),
        sha256(WAIVER.encode()).hexdigest(),
    )


def test_the_digest_is_of_the_bytes_whatever_ends_a_line(file: Path) -> None:
    """A file saved by another editor has the same waivers and its own digest."""
    data = WAIVER.replace("\n", "\r\n").encode()
    unix = load_waivers(file, CONTROLS)
    file.write_bytes(data)

    assert load_waivers(file, CONTROLS) == Waivers(unix.entries, data, sha256(data).hexdigest())


def test_the_example_is_a_file_of_waivers() -> None:
    """Of controls that are shipped, at the time when it was written."""
    example = Path(__file__).resolve().parents[3] / "examples" / "waivers.yaml"

    found = load_waivers(example, Catalogue.load().controls, Limit(date(2026, 11, 28), 365))

    assert [waiver.control_id for waiver in found.entries] == [
        "BKP-FRQ-001",
        "BKP-ISO-001",
        "BKP-IMM-001",
        "BKP-COV-001",
        "BKP-ISO-002",
    ]


def test_without_a_file_there_are_no_waivers() -> None:
    """And no digest."""
    assert load_waivers(None, CONTROLS) == Waivers((), b"", None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    expires: 2026-03-31\n", "", ":2: entry 1 of 'waivers' lacks the key 'expires'."),
        ("2026-03-31", "2026-02-30", ":6: write the day as YYYY-MM-DD."),
        ("2026-03-31", "next year", ":6: 'expires' is wrong: 'next year'; it should be: Its last day"),
        ("ENC-001", "ENC-999", ":2: there is no control BKP-ENC-999; `auditor policy list` shows them."),
        ("reason: Read", "reasons: Read", ":4: unknown key 'reasons'"),
        (
            "Read only until the migration",
            "''",
            ":4: 'reason' says nothing; write why the deviation is accepted.",
        ),
        (
            "Read only until the migration",
            "' \t\u200b'",
            ":4: 'reason' says nothing; write why the deviation is accepted.",
        ),
        ("CISO", "'--'", ":5: 'approved_by' says nothing; write who accepted it."),
        ("CISO", "' '", ":5: 'approved_by' says nothing; write who accepted it."),
        ("arn:aws:ec2:*:snapshot/snap-1", "'*'", ":3: 'subject' '*' is too wide; name a service,"),
        ("arn:aws:ec2:*:snapshot/snap-1", "vol-1", ":3: 'subject' 'vol-1' is not an ARN; write the ARN"),
        ("snap-1", "snap-[0-9]*", ":3: 'subject' 'arn:aws:ec2:*:snapshot/snap-[0-9]*' has '['"),
        ("arn:aws:ec2:*:snapshot/snap-1", '"arn:aws:s3:::a "', ":3: 'subject' 'arn:aws:s3:::a ' has ' '"),
        ("arn:aws:ec2:*:snapshot/snap-1", '"arn:aws:s3:::a\\u200b"', ":3: 'subject' 'arn:aws:s3:::a\\u200b'"),
        ("arn:aws:ec2:*:snapshot/snap-1", "''", ":3: 'subject' '' is not an ARN; write the ARN"),
        ("BKP-ENC-001", "enc-1", ":2: 'control_id' is wrong: 'enc-1'; it should be: A control's"),
    ],
)  # fmt: skip
def test_wrong_waivers_are_named_with_their_line(file: Path, old: str, new: str, said: str) -> None:
    """A waiver without an end, an owner or a reason, too wide, or of a control that is not there."""
    file.write_text(WAIVER.replace(old, new), encoding="utf-8")

    with pytest.raises(UsageError) as refused:
        load_waivers(file, CONTROLS)

    assert str(refused.value).startswith(f"{file}{said}")


def test_a_reason_in_any_script_is_a_reason(file: Path) -> None:
    """Letters are letters in every language."""
    file.write_text(WAIVER.replace("Read only until the migration", "迁移完成前只读"), encoding="utf-8")

    assert load_waivers(file, CONTROLS).entries[0].reason == "迁移完成前只读"


def test_a_waiver_may_end_on_the_last_day_that_is_allowed(file: Path) -> None:
    """365 days after the audited period's end, and not one more."""
    file.write_text(WAIVER.replace("2026-03-31", "2027-02-09"))
    on = date(2026, 2, 9)

    assert load_waivers(file, CONTROLS, Limit(on, 365)).entries[0].expires == date(2027, 2, 9)
    with pytest.raises(UsageError) as refused:
        load_waivers(file, CONTROLS, Limit(on, 364))
    assert str(refused.value) == (
        f"{file}:6: it ends more than 364 days after 2026-02-09 (the setting max_waiver_days); "
        "write 2027-02-08 at the latest."
    )


def test_a_waiver_that_has_expired_is_kept(file: Path) -> None:
    """It covers nothing any more, and the report says so; it is no error of the file."""
    assert len(load_waivers(file, CONTROLS, Limit(date(2030, 1, 1), 1)).entries) == 1


@pytest.mark.parametrize(
    "subject",
    [
        "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1",
        "arn:aws:ec2:eu-central-1::snapshot/snap-0a1b",
        "arn:aws:ec2:*:111122223333:volume/*",
        "arn:aws:ec2:*:111122223333:*",
        "arn:*:ec2:*:*:volume/vol-0a1*",
        "arn:aws:ec2:*:*:volume/*a1b",
        "arn:aws:ec2:*:*:volume/vol-1",
        "arn:aws:ec2:*:111122223333*",
        "arn:aws:ec2:*vol-1",
        "arn:aws:s3:::qa-*",
        "arn:aws-cn:s3:::archive-*",
        "arn:aws:s3:::db",
        "arn:aws:rds:*:*:db:prod-?",
        "arn:aws:dynamodb:*:*:table/orders*",
        "arn:aws:backup:*:*:backup-vault:Default",
        "arn:aws:iam::111122223333:root",
    ],
)
def test_a_subject_names_an_account_or_some_of_a_name(subject: str) -> None:
    """Of a service that is written out."""
    assert names_something(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "*", "**", "?*", "", "arn:*", "arn:aws:*", "arn:aws:*:*:111122223333:volume/vol-1",
        "arn:aws:ec2:*", "arn:aws:ec2:*:*", "arn:aws:ec2:eu-central-1:*", "arn:aws:ec2:eu-*:*:volume/*",
        "arn:aws:e?2:*:111122223333:*", "arn:aws:ec2:*:*:volume/*", "arn:aws:ec2:*:*:vol*/vol-*",
        "arn:aws:ec2:*:*:instance/i-*", "arn:aws:ec2:*::snapshot/snap-?????????????????",
        "arn:aws:s3:::*", "arn:aws:s3:::??*", "arn:aws:ec2:*:????????????:volume/*",
        "arn:aws:rds:*:*:db:*", "arn:aws:rds:*:*:snapshot:awsbackup:job-*",
        "arn:aws:dynamodb:*:*:table/*/backup/*", "arn:aws:backup:*:*:recovery-point:*",
        "arn:aws:backup:*:*:backup-vault:*", "*:snapshot/snap-1", "arn:aws:iam::*:root",
        "arn:aws:ec2:*:1*:*", "arn:aws:ec2:*:?*1*:*", "arn:aws:ec2:*:11112222333:*", "arn:aws:ec2:*:1111*",
        "arn:aws:ec2:*:*1111*", "arn:aws:ec2:*:?11112222333?:volume/*", "arn:aws:ec2:*:1111222233334:*",
        "arn:aws:ec2:*:*:*1*", "arn:aws:ec2:*:*:volume/vol-0*", "arn:aws:ec2:*:*:volume/*a1",
        "arn:aws:ec2:*:*:volume/*a?b*", "arn:aws:ec2:*central*", "arn:aws:ec2:*1*", "arn:aws:ec2:*01",
        "arn:aws:s3:::a*", "arn:aws:s3:::qa*", "arn:aws:s3:::--*",
        "arn:aws:backup:*:*:recovery-point:continuous:*", "arn:aws:rds:*:*:auto-backup:ab-*",
    ],
)  # fmt: skip
def test_a_subject_that_names_neither_is_too_wide(subject: str) -> None:
    """Regions, types' words, what begins AWS's ids, a digit of an account, one letter: in every ARN."""
    assert not names_something(subject)


COVERED = """waivers:
  - control_id: BKP-COV-001
    reason: Read only until the migration
    approved_by: CISO
    owner: storage@example.com
    ticket: OPS-12
    expires: 2026-03-31
"""


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ('account: "111122223333"', {"account": "111122223333"}),
        ("organizational_unit: Sandbox", {"organizational_unit": "Sandbox"}),
        ("tag: {key: env, value: dev}", {"tag": ("env", "dev")}),
        (
            "tag: {key: env, value: ''}\n    subject: arn:aws:ec2:*:*:volume/*",
            {"tag": ("env", ""), "subject": "arn:aws:ec2:*:*:volume/*"},
        ),
    ],
)
def test_a_waiver_says_what_it_covers_by_tag_account_and_unit(
    file: Path, said: str, read: dict[str, Any]
) -> None:
    """Beside one of these a subject may be any; who mends it and the ticket are kept; the words come back."""
    file.write_text(f"{COVERED}    {said}\n", encoding="utf-8")

    (found,) = load_waivers(file, CONTROLS).entries

    wanted = Waiver("BKP-COV-001", "", "Read only until the migration", "CISO", date(2026, 3, 31))
    assert found == replace(wanted, owner="storage@example.com", ticket="OPS-12", **read)
    assert Waiver.of(found.told()) == found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", ":2: it does not say what it covers; add one of subject, tag, account, organiz"),
        ("", 'account: "1111"', ":8: 'account' is wrong: '1111'; it should be: The account of the subject,"),
        ("", "organizational_unit: ''", ":8: 'organizational_unit' is wrong"),
        ("", "organizational_unit: 'Sand*'", ":8: 'organizational_unit' is wrong: 'Sand*'; it"),
        ("", "organizational_unit: Root/Sandbox", ":8: 'organizational_unit' is wrong: 'Root/Sandbox'; it"),
        ("", "tag: {key: env}", ":8: "),
        ("", "subject: arn:aws:ec2:*:*:volume/*", ":8: 'subject' 'arn:aws:ec2:*:*:volume/*' is too wide;"),
        ("COV-001", "ENC-001\n    tag: {key: env, value: dev}",
         ":3: only resources have tags that are read, and BKP-ENC-001 judges a recovery_point; name it by"),
        ("OPS-12", "'--'\n    account: '111122223333'", ":6: 'ticket' says nothing; write where"),
        ("storage@example.com", "' '\n    account: '111122223333'", ":5: 'owner' says nothing; write who"),
        ("", "account: '111122223333'\n    subject: vol-1", ":9: 'subject' 'vol-1' is not an ARN"),
    ],
)  # fmt: skip
def test_a_waiver_of_nothing_in_particular_is_refused(file: Path, old: str, new: str, said: str) -> None:
    """And one by tags that nobody reads; with its line."""
    text = COVERED.replace(old, new) if old else f"{COVERED}    {new}\n"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError) as refused:
        load_waivers(file, CONTROLS)

    assert str(refused.value).startswith(f"{file}{said}")


def test_a_waiver_is_given_once_and_of_no_control_over_waivers(file: Path) -> None:
    """The same scope until another day is another waiver."""
    one = f"{COVERED}    account: '111122223333'\n"
    file.write_text(one + one.removeprefix("waivers:\n"), encoding="utf-8")

    with pytest.raises(UsageError) as refused:
        load_waivers(file, CONTROLS)

    assert str(refused.value) == (
        f"{file}:9: it covers the same as entry 1 of 'waivers' until the same day; remove one."
    )
    file.write_text(
        one + one.removeprefix("waivers:\n").replace("2026-03-31", "2026-04-30"), encoding="utf-8"
    )
    assert len(load_waivers(file, CONTROLS).entries) == 2
    file.write_text(one.replace("BKP-COV-001", "BKP-GOV-007"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"BKP-GOV-007 judges waivers, which no waiver covers; remove it\."):
        load_waivers(file, Catalogue.load().controls)
