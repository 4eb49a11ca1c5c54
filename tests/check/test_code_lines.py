"""Lines of Terraform's code: of the block of a resource, and of nothing that looks like one."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.check.declared import Source
from auditor.check.terraform import written as written_module
from auditor.check.terraform.blocks import headers
from auditor.check.terraform.written import WrittenResources
from tests.check.conftest import Said
from tests.check.terraform import Plan, protected, volume
from tests.check.test_check_command import written

VOLUME = ("aws_ebs_volume", "data")
BLOCK = 'resource "aws_ebs_volume" "data" {\n}\n'


def lines(text: str, name: str = "main.tf") -> dict[tuple[str, str], int]:
    """What a file of this text declares, by line."""
    return headers(Source(name, text.encode()))


@pytest.mark.parametrize(
    "before",
    [
        "",
        "# resource a b {\n",
        '// "\n',
        '/* resource "aws_ebs_volume" "data" {\n*/',
        'locals {\n  a = "\\" } ${ "}" } {"\n}\n',
        'locals {\n  a = "$${ %%{ } %{ if true }}{%{ endif }"\n}\n',
        'locals {\n  a = <<EOT\nresource "aws_ebs_volume" "data" {\nEOT\n}\n',
        'locals {\n  a = <<-END\n  "${ join("}", [{ a = 1 }]) }\n  $${ ENDS\n  END\n}\n',
        "locals { a = 4 / 2 < 3 ? {} : { b = { } } }\n",
        'resource "aws_ebs_volume" "other" {\n  resource "aws_ebs_volume" "data" {\n  }\n}\n',
        'data "aws_ebs_volume" "data" {}\nmy-resource "aws_ebs_volume" "data" {}\n',
        'module "a" {\n  source = "./a"\r\n}\r\n',
        "\ufeffvariable é {}\n",
    ],
    ids=range(13),
)
@pytest.mark.parametrize(
    "block", [BLOCK, "resource aws_ebs_volume data {}", ' resource  "aws_ebs_volume"\t"data"{}']
)
def test_the_line_is_that_of_the_block(before: str, block: str) -> None:
    """Whatever stands before it: strings, templates, heredocs, comments and other blocks."""
    assert lines(before + block)[VOLUME] == before.count("\n") + 1


@pytest.mark.parametrize(
    "text",
    [
        BLOCK + "}",
        BLOCK + "{",
        BLOCK + "/* x",
        BLOCK + 'a = "b\n"',
        BLOCK + 'a = "${',
        BLOCK + "a = <<EOT\nEOTS",
        BLOCK + "{" * 101 + "}" * 101,
        BLOCK + "\ud800",
    ],
    ids=range(8),
)
def test_a_file_that_is_not_understood_to_its_end_has_no_lines(text: str) -> None:
    """No line is better than a wrong one; a hundred levels are understood."""
    assert headers(Source("main.tf", text.encode(errors="surrogatepass"))) == {}
    assert lines(BLOCK + "{" * 100 + "}" * 100) == {VOLUME: 1}


def test_the_form_that_is_written_in_json() -> None:
    """Objects, and lists of objects, at each level."""
    resource: dict[str, Any] = {"aws_ebs_volume": {"data": {}}}
    text = json.dumps({"resource": resource}, indent=1)
    listed = json.dumps({"resource": [{"aws_ebs_volume": [{"data": [{}]}]}]}, indent=1)

    assert lines(text, "a.tf.json") == {VOLUME: 4}
    assert lines(listed, "a.tf.json") == {VOLUME: 6}
    assert lines(json.dumps([{"resource": resource}, 1], indent=1), "a.tf.json") == {VOLUME: 5}
    for wrong in ("{", "[]", "1", '{"resource": 1}', '{"resource": {"a": {"b": 1}, "c": 1}}'):
        assert VOLUME not in lines(wrong, "a.tf.json")


@given(st.text(alphabet='resouc"{}$%<EOT\n /*#\\ab', max_size=60))
def test_no_text_ends_the_check(text: str) -> None:
    """What is found is written where it is said to be."""
    for (_, name), line in lines(text + BLOCK).items():
        assert name in (text + BLOCK).split("\n")[line - 1]


def inner(plan: Plan, source: Any = "./inner") -> Any:
    """A plan with a finding in the root module and one in a module, from this source."""
    volume(volume(plan, "data", backup_tier="Gold"), "in", 'module.m["a.b"].aws_ebs_volume.in[0]')
    document = plan.first()
    document["configuration"]["root_module"]["module_calls"]["m"]["source"] = source
    return document


def shown(out: str) -> list[str]:
    """Where each entry of a check as JSON is written."""
    code = [one["subject"]["code"] for one in json.loads(out)["entries"]]
    return [f"{one['file']}:{one['line']}" if one else "" for one in code]


CHECK = ("check", "--unit", "/", "--as-of", "2026-02-01T00:00:00Z")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root module with a plan, and a module in it; it is a checkout, and the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    written(tmp_path / "main.tf", "\n" + BLOCK)
    written(tmp_path / "inner" / "in.tf", '\n\nresource "aws_ebs_volume" "in" {}\n')
    written(tmp_path / "plan.json", inner(Plan()))
    return tmp_path


def test_a_finding_has_the_line_of_its_block_in_its_module(command: Said, folder: Path) -> None:
    """In each format; it is known again by the plan and the address, so that a baseline stays one."""
    _, out, _ = command(*CHECK, "plan.json", "--format", "json")
    base = written(folder / "base.json", json.loads(out))

    assert shown(out) == ["main.tf:2", "inner/in.tf:3"]
    assert {(one["subject"]["file"], one["subject"]["line"]) for one in json.loads(out)["entries"]} == {
        ("plan.json", None)
    }
    terminal = command(*CHECK, "plan.json")[1]
    assert "BKP-COV-001 aws_ebs_volume.data (main.tf:2)" in terminal
    assert '\n  > 2 | resource "aws_ebs_volume" "data" {\n' in terminal
    assert "file=inner/in.tf,line=3," in command(*CHECK, "plan.json", "--format", "github")[1]
    sarif = json.loads(command(*CHECK, "plan.json", "--format", "sarif")[1])["runs"][0]["results"]
    assert [one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in sarif] == [2, 3]
    gitlab = json.loads(command(*CHECK, "plan.json", "--format", "gitlab")[1])
    assert [one["location"]["path"] for one in gitlab] == ["main.tf", "inner/in.tf"]
    (folder / "main.tf").unlink()
    assert command(*CHECK, "plan.json", "--baseline", base)[0] == 4


def test_the_code_may_lie_elsewhere(command: Said, folder: Path) -> None:
    """Where the option says; a folder that is none is refused."""
    (folder / "out").mkdir()
    (folder / "plan.json").rename(folder / "out" / "plan.json")
    call = (*CHECK, "out/plan.json", "--format", "json")

    assert shown(command(*call)[1]) == ["", ""]
    assert shown(command(*call, "--hcl", ".")[1]) == ["main.tf:2", "inner/in.tf:3"]
    assert command(*call, "--hcl", "none")[0] == command(*call, "--hcl", "main.tf")[0] == 2


@pytest.mark.parametrize(
    "source", ["../other", "..", "/etc", "a/b/aws", "git::https://e.example/m", "./link", "", 1, None, "./\0"]
)
def test_a_module_that_is_no_folder_of_ours_has_no_lines(command: Said, folder: Path, source: Any) -> None:
    """Neither one outside of the checkout nor what a registry has."""
    written(folder.parent / "other" / "in.tf", 'resource "aws_ebs_volume" "in" {}')
    (folder / "link").symlink_to(folder.parent / "other")
    written(folder / "plan.json", inner(Plan(), source))

    assert shown(command(*CHECK, "plan.json", "--format", "json")[1]) == ["main.tf:2", ""]


def test_a_module_beside_the_root_is_in_the_checkout(command: Said, folder: Path, tmp_path: Path) -> None:
    """Wherever in it one stands; a link to a file of elsewhere is not followed."""
    written(folder / "modules" / "m" / "in.tf", '#\nresource "aws_ebs_volume" "in" {}')
    written(folder / "env" / "plan.json", inner(Plan(), "../modules/m"))
    written(tmp_path.parent / "elsewhere.tf", BLOCK)
    (folder / "env" / "main.tf").symlink_to(tmp_path.parent / "elsewhere.tf")

    out = command(*CHECK, "env/plan.json", "--format", "json")[1]

    assert shown(out) == ["", "modules/m/in.tf:2"]


def test_what_is_read_has_limits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many files and bytes; what cannot be read is passed over, and an override comes last."""
    (folder / "a.tf").mkdir()
    written(folder / "main_override.tf", BLOCK)
    written(folder / "z_override.tf.json", "{}")
    size = sum(one.stat().st_size for one in folder.glob("*.tf*") if one.is_file())
    limits = {"MOST_FILES": 3, "MOST_BYTES": size}

    def line() -> int:
        left = (written_module.MOST_FILES, written_module.MOST_BYTES)
        found = WrittenResources(folder, {}, _left=left).at("aws_ebs_volume.data")
        return found.line if found and found.source.name.endswith("main.tf") else 0

    for name, least in limits.items():
        monkeypatch.setattr(written_module, name, least)
        assert line() == 2
        monkeypatch.setattr(written_module, name, least - 1)
        assert line() == 0
        monkeypatch.undo()
        monkeypatch.chdir(folder)


def test_code_is_not_read_for_nothing(command: Said, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nothing to show, and every block is known, no file is opened."""
    written(folder / "plan.json", protected().second())
    monkeypatch.setattr(WrittenResources, "at", lambda *_: pytest.fail("it was looked for"))

    assert command(*CHECK, "plan.json")[0] == 0


def test_the_folder_of_a_module_is_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many resources a plan has of it; each module has its own."""
    asked: list[Path] = []
    outermost = written_module._outermost

    def counted(root: Path) -> Path:
        asked.append(root)
        return outermost(root)

    monkeypatch.setattr(written_module, "_outermost", counted)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text('resource "aws_ebs_volume" "data" {\n}\n')
    found = WrittenResources(tmp_path, {"module.a": "./a", "module.b": "./b"})
    places = [found.at(f"module.{name}[{number}].aws_ebs_volume.data") for name in "ab" for number in (0, 1)]
    assert [Path(one.source.name).parent.name for one in places if one is not None] == ["a", "a", "b", "b"]
    assert len(asked) == 2
