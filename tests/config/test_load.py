"""`auditor.yaml`, variables and options become settings, or one sentence with file and line."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.config.load import load_settings, read_file
from auditor.config.table import BY_NAME
from auditor.model.errors import UsageError
from auditor.model.settings import Settings
from reports.formats.registry import NAMES

NOW = datetime(2026, 2, 9, tzinfo=UTC)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Write text as a settings file."""

    def write(text: str) -> Path:
        file = tmp_path / "auditor.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_without_anything_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, no option: the defaults, as of now."""
    monkeypatch.chdir(tmp_path)

    assert load_settings({}, None, now=NOW) == Settings(as_of=NOW)


def test_a_file_in_the_current_folder_is_read(
    written: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auditor.yaml` of the current folder is taken when no file is named."""
    monkeypatch.chdir(written("period_days: 7\n").parent)

    assert load_settings({}, None, now=NOW) == Settings(as_of=NOW, period_days=7)


def test_an_option_wins_over_the_file_and_the_file_over_the_default(written: Callable[[str], Path]) -> None:
    """What was not given (None) leaves the file's value."""
    file = written("period_days: 7\nrole_name: Reader\n")

    settings = load_settings({"period_days": 14, "role_name": None}, file, now=NOW)

    assert settings == Settings(as_of=NOW, period_days=14, role_name="Reader")


def test_every_key_is_read(written: Callable[[str], Path]) -> None:
    """Every key of the table, with an account id's leading zero kept and paths relative to the file."""
    file = written(
        """\
accounts: [111111111111, 012345670123, "000000000001"]
regions: [cn-north-1]
external_id: abc-1
workers: 4
retry_minutes: 9
role_name: path/Reader
as_of: 2026-02-09T08:00:00+08:00
period_days: 35
out: runs-of-mine
push_role_name: Pusher
policies: policies
tiers: /etc/tiers.yaml
absent_tag: holds
arn_wildcards: end
empty_selection: nothing
list_of_tags_prefix: accepted
like_whitespace: differs
copy_lifecycle: never
engine: opa-server
engine_url: https://opa.example:8181
waivers: waivers.yaml
framework: dora
audit_manager: framework.json
max_waiver_days: 90
holds: holds.yaml
attestations: attestations.yaml
max_attestation_days: 91
responses: responses.yaml
owner_tag: cost-centre
deleted_resources: list
fail_on: high
formats: [pdf, csv]
"""
    )
    folder = file.parent

    values = read_file(file)

    assert values == {
        "accounts": ("111111111111", "012345670123", "000000000001"),
        "regions": ("cn-north-1",),
        "external_id": "abc-1",
        "workers": 4,
        "retry_minutes": 9,
        "role_name": "path/Reader",
        "as_of": NOW,
        "period_days": 35,
        "out": folder / "runs-of-mine",
        "push_role_name": "Pusher",
        "policies": folder / "policies",
        "tiers": Path("/etc/tiers.yaml"),
        "absent_tag": "holds",
        "arn_wildcards": "end",
        "empty_selection": "nothing",
        "list_of_tags_prefix": "accepted",
        "like_whitespace": "differs",
        "copy_lifecycle": "never",
        "engine": "opa-server",
        "engine_url": "https://opa.example:8181",
        "waivers": folder / "waivers.yaml",
        "framework": "dora",
        "audit_manager": folder / "framework.json",
        "max_waiver_days": 90,
        "holds": folder / "holds.yaml",
        "attestations": folder / "attestations.yaml",
        "max_attestation_days": 91,
        "responses": folder / "responses.yaml",
        "owner_tag": "cost-centre",
        "deleted_resources": "list",
        "fail_on": "high",
        "formats": ("pdf", "csv"),
    }
    assert set(values) == set(BY_NAME)


def test_keys_without_a_value_are_left_out(written: Callable[[str], Path]) -> None:
    """An optional key with nothing behind it is as good as none; an empty file too."""
    assert read_file(written("regions:\nexternal_id: null\n")) == {}
    assert read_file(written("# nothing\n")) == {}


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("period_days: 7\n\nregoins: [a]\n", 3, "unknown key 'regoins'; did you mean 'regions'?"),
        ("role-name: x\n", 1, "unknown key 'role-name'; did you mean 'role_name'?"),
        ("workers: 2\nworkers: 3\n", 2, "'workers' is given twice; keep one of them."),
        ("- a\n", 1, "write the settings as lines of `key: value`"),
        ("period_days: 0\n", 1, "'period_days' must be a whole number from 1 to 3660, not '0'"),
        ("period_days: 3661\n", 1, "'period_days' must be a whole number from 1 to 3660, not '3661'"),
        (
            "period_days: 1.5\n",
            1,
            "'period_days' must be a whole number from 1 to 3660, not the number '1.5'",
        ),
        ("period_days: '7'\n", 1, None),
        ("period_days:\n", 1, "'period_days' must be a whole number from 1 to 3660, not nothing"),
        ("fail_on: hihg\n", 1, "'fail_on' must be one of critical, high, medium, low, never, not 'hihg'"),
        ("fail_on: [high]\n", 1, "'fail_on' must be one of critical, high, medium, low, never, not a list"),
        ("formats: html\n", 1, f"'formats' must be some of {', '.join(NAMES)}, not 'html'"),
        ("formats: []\n", 1, f"'formats' must be some of {', '.join(NAMES)}, not an empty list"),
        ("formats:\n- html\n- html\n", 2, "'formats' names 'html' twice"),
        ("regions: {a: b}\n", 1, "'regions' must be a list of Regions such as eu-central-1, not a mapping"),
        (
            "regions: [Frankfurt]\n",
            1,
            "'regions' must be a list of Regions such as eu-central-1, not 'Frankfurt'",
        ),
        ("regions: [no]\n", 1, None),
        ("accounts: [1234]\n", 1, None),
        ("external_id: 1234\n", 1, None),
        ("as_of: 2026-02\n", 1, None),
        ("as_of: 2026-02-30T00:00:00Z\n", 1, None),
        ("engine_url: localhost:8181\n", 1, "'engine_url' must be a URL, not 'localhost:8181'"),
        ("a: [\n", 2, None),
        ("a: b: c\n", 1, "this is not YAML: mapping values are not allowed in this context."),
        ("a: b\n---\nc: d\n", 2, None),
        ("a: 1\nb: \x07\n", 2, None),
    ],
)
def test_what_does_not_fit_is_refused_with_file_and_line(
    written: Callable[[str], Path], text: str, line: int, sentence: str | None
) -> None:
    """An unknown key, a wrong type, a wrong value, or no YAML: one sentence that begins with file:line."""
    file = written(text)

    with pytest.raises(UsageError) as caught:
        read_file(file)

    assert str(caught.value).startswith(f"{file}:{line}: ")
    if sentence is not None:
        assert str(caught.value) == f"{file}:{line}: {sentence}"


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A missing file and one that is not UTF-8 are the user's to mend."""
    (tmp_path / "latin.yaml").write_bytes(b"role_name: \xe9\n")

    with pytest.raises(UsageError, match="no such file or directory; name a file that can"):
        read_file(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="byte 11 is not UTF-8"):
        read_file(tmp_path / "latin.yaml")


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("2026-02-01", datetime(2026, 2, 2, tzinfo=UTC)),
        ("2024-02-29", datetime(2024, 3, 1, tzinfo=UTC)),
        ("2000-01-01", datetime(2000, 1, 2, tzinfo=UTC)),
        ("9998-12-31", datetime(9999, 1, 1, tzinfo=UTC)),
        ("2026-02-01T00:00:00Z", datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_day_means_its_end_in_utc(written: Callable[[str], Path], day: str, moment: datetime) -> None:
    """With quotes and without; a time stays what it is."""
    for text in (day, f'"{day}"'):
        assert read_file(written(f"as_of: {text}\n")) == {"as_of": moment}


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2026-2-1", "1999-12-31", "9999-01-01", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_day_is_refused(written: Callable[[str], Path], day: str) -> None:
    """Nor is a day of a year from which nothing can be reckoned."""
    with pytest.raises(UsageError, match="or a day such as 2026-02-08, which means its end in UTC, not"):
        read_file(written(f"as_of: {day}\n"))
