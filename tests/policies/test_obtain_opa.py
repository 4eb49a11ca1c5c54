"""The script that finds, builds or downloads OPA: here the finding and the download, on loopback."""

import hashlib
import platform
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "uname", "dirname", "mkdir", "sed", "chmod", "mv", "rm", "cat")
PROGRAM = "#!/bin/sh\necho 'Version: {version}'\n"

pytestmark = pytest.mark.skipif(
    (platform.system(), platform.machine()) not in {("Linux", "x86_64"), ("Linux", "aarch64")},
    reason="the stand-in release is a shell script for Linux",
)


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment with neither Go nor OPA."""
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
    """A mirror of the releases: its URL, and the folder of the one release."""
    folder = tmp_path / "releases" / "v1.22.2"
    folder.mkdir(parents=True)
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


def publish(folder: Path, *, version: str = "1.22.2", digest: str | None = None) -> None:
    """Put a program and its checksum into the release."""
    content = PROGRAM.format(version=version).encode()
    for asset in ("opa_linux_amd64_static", "opa_linux_arm64_static"):
        (folder / asset).write_bytes(content)
        found = digest or hashlib.sha256(content).hexdigest()
        (folder / f"{asset}.sha256").write_text(f"{found}  {asset}\n")


def obtain(environment: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    return subprocess.run(
        ["sh", str(ROOT / "scripts" / "obtain_opa.sh")],
        env=environment | more,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_program_on_path_is_taken_in_the_pinned_version_only(bare: dict[str, str]) -> None:
    """Another version is passed over."""
    program = Path(bare["PATH"]) / "opa"
    program.write_text(PROGRAM.format(version="1.22.2"))
    program.chmod(0o755)

    assert obtain(bare).stdout == f"{program}\n"

    program.write_text(PROGRAM.format(version="0.70.0"))

    assert obtain(bare, AUDITOR_OPA_RELEASES="http://127.0.0.1:9").returncode == 1


def test_a_release_is_verified_and_kept(bare: dict[str, str], releases: tuple[str, Path]) -> None:
    """Downloaded once; the next time the kept one is found without a server."""
    url, folder = releases
    publish(folder)

    first = obtain(bare, AUDITOR_OPA_RELEASES=url)
    second = obtain(bare, AUDITOR_OPA_RELEASES="http://127.0.0.1:9")

    expected = f"{bare['AUDITOR_CACHE']}/opa-1.22.2/opa\n"
    assert (first.returncode, first.stdout, second.stdout) == (0, expected, expected)


def test_a_release_with_another_checksum_is_not_used(
    bare: dict[str, str], releases: tuple[str, Path]
) -> None:
    """Nothing of it stays on disk, and it is never run."""
    url, folder = releases
    publish(folder, digest="0" * 64)

    done = obtain(bare, AUDITOR_OPA_RELEASES=url)

    assert (done.returncode, done.stdout) == (1, "")
    assert f"and not the published {'0' * 64}: not used" in done.stderr
    assert list(Path(bare["AUDITOR_CACHE"], "opa-1.22.2").iterdir()) == []


def test_where_none_can_be_had_it_says_so(bare: dict[str, str]) -> None:
    """One sentence at the end, and exit code 1."""
    done = obtain(bare, AUDITOR_OPA_RELEASES="http://127.0.0.1:9")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "obtain_opa: no OPA 1.22.2 can be had here: install it and put it on PATH; "
        "until then what needs it is skipped"
    )
