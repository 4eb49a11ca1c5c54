"""The scripts that find, build or download OPA, Regal and Conftest: finding and download, on loopback."""

import hashlib
import io
import platform
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "uname", "dirname", "mkdir", "sed", "chmod", "mv", "rm", "cat")
PROGRAM = "#!/bin/sh\n[ $1 = {ask} ] && echo '{label}:  {version}' && echo 'OPA: 1.0.0'\n"

pytestmark = pytest.mark.skipif(
    (platform.system(), platform.machine()) not in {("Linux", "x86_64"), ("Linux", "aarch64")},
    reason="the stand-in release is a shell script for Linux",
)


@dataclass(frozen=True)
class Wanted:
    """One script: the program's file, its name in a sentence, its version, the files of its release."""

    program: str
    name: str
    version: str
    assets: tuple[str, ...]
    #: The file of checksums; None: one beside each asset.
    checksums: str | None = None
    #: How its version is asked for, and what stands before it.
    ask: str = "version"
    label: str = "Version"

    @property
    def kept(self) -> str:
        """Where it is kept below the cache."""
        return f"{self.program}-{self.version}/{self.program}"

    def says(self, version: str) -> str:
        """A script that says it is the program, in this version."""
        return PROGRAM.format(ask=self.ask, label=self.label, version=version)

    def released(self, asset: str) -> bytes:
        """What is published as `asset`: the program, or an archive of it and its licence."""
        program = self.says(self.version).encode()
        if not asset.endswith(".tar.gz"):
            return program
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, content in {"LICENSE": b"", self.program: program}.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return packed.getvalue()

    def publish(self, releases: Path, *, digest: str | None = None) -> None:
        """Put a program and its checksum into the release."""
        folder = releases / f"v{self.version}"
        folder.mkdir()
        lines = {}
        for asset in self.assets:
            content = self.released(asset)
            (folder / asset).write_bytes(content)
            lines[asset] = f"{digest or hashlib.sha256(content).hexdigest()}  {asset}\n"
        if self.checksums:
            (folder / self.checksums).write_text("".join(lines.values()))
        else:
            for asset, line in lines.items():
                (folder / f"{asset}.sha256").write_text(line)

    def obtain(
        self, environment: dict[str, str], url: str, *options: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the script with `url` as the mirror."""
        return subprocess.run(
            ["sh", str(ROOT / "scripts" / f"obtain_{self.program}.sh"), *options],
            env=environment | {f"AUDITOR_{self.program.upper()}_RELEASES": url},
            capture_output=True,
            text=True,
            check=False,
        )


OPA = Wanted("opa", "OPA", "1.22.2", ("opa_linux_amd64_static", "opa_linux_arm64_static"))
REGAL = Wanted("regal", "Regal", "0.42.0", ("regal_Linux_x86_64", "regal_Linux_arm64"), "checksums.txt")
CONFTEST = Wanted(
    "conftest",
    "Conftest",
    "0.66.0",
    ("conftest_0.66.0_Linux_x86_64.tar.gz", "conftest_0.66.0_Linux_arm64.tar.gz"),
    "checksums.txt",
    "--version",
    "Conftest",
)

#: Nothing listens here.
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(params=[OPA, REGAL, CONFTEST], ids=lambda wanted: wanted.program)
def wanted(request: pytest.FixtureRequest) -> Wanted:
    """Each of the three."""
    one: Wanted = request.param
    return one


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment with neither Go nor the program."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    python = tools / "python3"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return {"HOME": str(tmp_path), "PATH": str(tools), "AUDITOR_CACHE": str(tmp_path / "cache")}


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A mirror of the releases: its URL, and its folder."""
    folder = tmp_path / "releases"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


def test_the_program_on_path_is_taken_in_the_pinned_version_only(
    bare: dict[str, str], wanted: Wanted
) -> None:
    """Another version is passed over."""
    program = Path(bare["PATH"]) / wanted.program
    program.write_text(wanted.says(wanted.version))
    program.chmod(0o755)

    assert wanted.obtain(bare, NOWHERE).stdout == f"{program}\n"

    program.write_text(wanted.says("0.40.0"))

    assert wanted.obtain(bare, NOWHERE).returncode == 1


def test_a_release_is_verified_and_kept(
    bare: dict[str, str], releases: tuple[str, Path], wanted: Wanted
) -> None:
    """Downloaded once; the next time the kept one is found without a server."""
    url, folder = releases
    wanted.publish(folder)

    first = wanted.obtain(bare, url)
    second = wanted.obtain(bare, NOWHERE, "--here")

    expected = f"{bare['AUDITOR_CACHE']}/{wanted.kept}\n"
    assert (first.returncode, first.stdout, second.stdout) == (0, expected, expected)


def test_a_release_with_another_checksum_is_not_used(
    bare: dict[str, str], releases: tuple[str, Path], wanted: Wanted
) -> None:
    """Nothing of it stays on disk, and it is never run."""
    url, folder = releases
    wanted.publish(folder, digest="0" * 64)

    done = wanted.obtain(bare, url)

    assert (done.returncode, done.stdout) == (1, "")
    assert f"and not the published {'0' * 64}: not used" in done.stderr
    assert list(Path(bare["AUDITOR_CACHE"], wanted.kept).parent.iterdir()) == []


def test_where_none_can_be_had_it_says_so(bare: dict[str, str], wanted: Wanted) -> None:
    """One sentence at the end, and exit code 1."""
    done = wanted.obtain(bare, NOWHERE)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"obtain_{wanted.program}: no {wanted.name} {wanted.version} can be had here: install it "
        "and put it on PATH; until then what needs it is skipped"
    )


def test_looking_here_asks_no_server(
    bare: dict[str, str], releases: tuple[str, Path], wanted: Wanted
) -> None:
    """With `--here` a release that could be had is not."""
    url, folder = releases
    wanted.publish(folder)

    done = wanted.obtain(bare, url, "--here")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"obtain_{wanted.program}: {wanted.name} {wanted.version} is not here\n"
