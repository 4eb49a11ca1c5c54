"""Options and variables of the settings."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from auditor.cli.options import settings_options
from auditor.config.table import GROUPS, KEYS
from auditor.model.settings import Settings

#: For each key: a text that is not the default, and the value that it makes.
TEXTS = {
    "accounts": ("111111111111,000000000002", ("111111111111", "000000000002")),
    "regions": ("eu-west-1, cn-north-1", ("eu-west-1", "cn-north-1")),
    "external_id": ("abc", "abc"),
    "workers": ("3", 3),
    "retry_minutes": ("4", 4),
    "role_name": ("Reader", "Reader"),
    "as_of": ("2026-02-09T01:00:00+01:00", datetime(2026, 2, 9, tzinfo=UTC)),
    "period_days": ("7", 7),
    "out": ("elsewhere", Path("elsewhere")),
    "push_role_name": ("Pusher", "Pusher"),
    "policies": ("p", Path("p")),
    "tiers": ("t.yaml", Path("t.yaml")),
    "framework": ("dora", "dora"),
    "audit_manager": ("framework.json", Path("framework.json")),
    "absent_tag": ("holds", "holds"),
    "arn_wildcards": ("end", "end"),
    "empty_selection": ("nothing", "nothing"),
    "deleted_resources": ("list", "list"),
    "list_of_tags_prefix": ("accepted", "accepted"),
    "like_whitespace": ("differs", "differs"),
    "copy_lifecycle": ("never", "never"),
    "engine": ("opa-server", "opa-server"),
    "engine_url": ("http://opa:1", "http://opa:1"),
    "waivers": ("w.yaml", Path("w.yaml")),
    "max_waiver_days": ("90", 90),
    "holds": ("holds.yaml", Path("holds.yaml")),
    "attestations": ("attestations.yaml", Path("attestations.yaml")),
    "max_attestation_days": ("90", 90),
    "responses": ("responses.yaml", Path("responses.yaml")),
    "owner_tag": ("team", "team"),
    "fail_on": ("never", "never"),
    "formats": ("pdf,csv", ("pdf", "csv")),
}


def settings_of(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Settings:
    """The settings that a command with every option is called with, in `folder`."""
    caught: list[Settings] = []

    @click.command()
    @settings_options(*GROUPS)
    def command(settings: Settings) -> None:
        caught.append(settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = CliRunner().invoke(command, arguments, env=env, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return caught[0]


def test_every_key_is_an_option_and_a_variable(tmp_path: Path) -> None:
    """Both take the same text."""
    by_option = settings_of(tmp_path, *(word for key in KEYS for word in (key.option, TEXTS[key.name][0])))
    by_variable = settings_of(tmp_path, env={key.variable: TEXTS[key.name][0] for key in KEYS})

    given: dict[str, Any] = {name: value for name, (_, value) in TEXTS.items()}
    wanted = Settings(**given)
    assert by_option == by_variable == wanted


def test_option_over_variable_over_file_over_default(tmp_path: Path) -> None:
    """Each step, with the ones above it absent."""
    (tmp_path / "auditor.yaml").write_text("workers: 2\n")
    (tmp_path / "other.yaml").write_text("workers: 5\n")
    variable = {"AUDITOR_WORKERS": "3"}

    assert settings_of(tmp_path, "--workers", "4", env=variable).workers == 4
    assert settings_of(tmp_path, env=variable).workers == 3
    assert settings_of(tmp_path).workers == 2
    assert settings_of(tmp_path, "--config", "other.yaml").workers == 5
    assert settings_of(tmp_path, env={"AUDITOR_CONFIG": "other.yaml"}).workers == 5
    (tmp_path / "auditor.yaml").unlink()
    assert settings_of(tmp_path).workers == 16


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    """A container's `AUDITOR_REGIONS=` leaves the default."""
    assert settings_of(tmp_path, env={"AUDITOR_REGIONS": ""}).regions is None


def test_without_as_of_it_is_now(tmp_path: Path) -> None:
    """The one clock that is read, in UTC."""
    before = datetime.now(UTC)

    as_of = settings_of(tmp_path).as_of

    assert before <= as_of <= datetime.now(UTC)
    assert as_of.tzinfo is UTC
