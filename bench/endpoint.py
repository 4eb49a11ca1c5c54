"""An endpoint with a month of backups, in a process of its own (`bench.server`)."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from auditor.cli.child import STOP_SECONDS, SandboxChild
from bench.measure import ROOT, command, environment

#: Where the server repeats the first day's backups.
REPEAT: Final = "/_bench/repeat"
_SAMPLE: Final = ROOT / "examples" / "organization" / "organization.yaml"
_AT_ONCE: Final = 99  # resources that one entry of organization.yaml may stand for
_SECONDS: Final = 300

Resource = dict[str, Any]


def many(kind: str, name: str, number: int) -> list[Resource]:
    """So many resources of the tier silver."""
    sizes = [min(_AT_ONCE, number - begin) for begin in range(0, number, _AT_ONCE)]
    return [
        {"type": kind, "name": f"{name}-{part}", "tags": {"backup-tier": "silver"}}
        | ({"count": size} if size > 1 else {})
        for part, size in enumerate(sizes)
    ]


def write_organization(
    folder: Path, management: Sequence[Resource], members: Sequence[Sequence[Resource]]
) -> None:
    """Write `organization.yaml`: what the management account and each member hold; else as the sample."""
    import yaml  # noqa: PLC0415 -- this process stays small, whatever it measures

    sample = yaml.safe_load(_SAMPLE.read_text(encoding="utf-8"))
    kept = {name: sample[name] for name in ("start", "regions", "key_alias", "store_tags", "roles")}
    accounts = [
        {"name": f"member-{number}", "ou": ["Workloads"], "resources": list(resources)}
        for number, resources in enumerate(members)
    ]
    document = kept | {"management": {"resources": list(management)}, "accounts": accounts}
    (folder / "organization.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")


@contextmanager
def endpoint(folder: Path) -> Iterator[SandboxChild]:
    """Serve the organization of `folder` while the block runs."""
    child = subprocess.Popen(  # noqa: S603 -- our own module
        command("bench.server", str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        yield SandboxChild(json.loads(child.stdout.readline() if child.stdout else ""))
    finally:
        try:
            child.communicate(timeout=STOP_SECONDS)  # its standard input ends, and with it the child
        except subprocess.TimeoutExpired:
            child.kill()


def month(sandbox: SandboxChild, nights: int) -> datetime:
    """Let the first night's backups run, and repeat them until there were so many; noon of the last day."""
    sandbox.advance(sandbox.now + timedelta(hours=12), lambda *_: None)
    request = urllib.request.Request(  # noqa: S310 -- the child's own http address
        f"{sandbox.facts['endpoint_url']}{REPEAT}", json.dumps({"days": nights - 1}).encode(), method="POST"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_SECONDS) as answer:
        return datetime.fromisoformat(json.load(answer)["now"])
