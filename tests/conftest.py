"""What every test may rely on: no credentials of the user, and no quiet skip where everything is required."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

#: Set to 1 (CI does): a test marked `opa`, `browser` or `postgres` that is skipped counts as failed.
REQUIRE_ALL = "AUDITOR_REQUIRE_ALL"

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "obtain_opa.sh"

#: Variables of the test run itself.
KEPT = frozenset({REQUIRE_ALL, "AUDITOR_OPA"})

for _name in [name for name in os.environ if name.startswith(("AWS_", "AUDITOR_")) and name not in KEPT]:
    del os.environ[_name]
os.environ |= {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn a skip of a marked test into a failure where everything is required."""
    report = yield
    if os.environ.get(REQUIRE_ALL) == "1" and report.skipped and not hasattr(report, "wasxfail"):
        for marker in ("opa", "browser", "postgres"):
            if item.get_closest_marker(marker):
                report.outcome = "failed"
                report.longrepr = f"skipped although {REQUIRE_ALL}=1: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def opa_program() -> str:
    """The path of a real OPA; skips where none can be had."""
    given = os.environ.get("AUDITOR_OPA")
    if given:
        return given
    found = subprocess.run(["sh", str(SCRIPT)], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"no real OPA: {found.stderr.strip()}")
    return found.stdout.strip()


@dataclass
class Postgres:
    """A PostgreSQL server of this test run, on a Unix socket. Its databases sort text as English does."""

    sockets: Path
    _made: int = 0

    def url(self, database: str) -> str:
        """The URL of a database."""
        return f"postgresql://auditor@/{database}?host={self.sockets}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        import psycopg  # noqa: PLC0415 -- only where there is a PostgreSQL

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def make(self) -> str:
        """The URL of a new, empty database."""
        self._made += 1
        self.execute(f"CREATE DATABASE catalog_{self._made}")
        return self.url(f"catalog_{self._made}")


def _postgres_programs() -> Path | None:
    """The folder of `initdb` and `postgres`: that of PATH, else of Debian's newest."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this test run; skips where there is none."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL: neither initdb in PATH nor /usr/lib/postgresql/*/bin")
    # PostgreSQL does not run as root.
    who = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    work = Path(tempfile.mkdtemp(prefix="auditor-postgres-"))
    data = work / "data"
    if who:
        shutil.chown(work, "nobody", "nogroup")
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US")
    made = subprocess.run(
        [programs / "initdb", "-D", data, "-U", "auditor", "-A", "trust", "-N", *locale],
        capture_output=True,
        text=True,
        check=False,
        cwd=work,
        **who,
    )
    assert made.returncode == 0, made.stderr
    settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    settings |= {"listen_addresses": "", "unix_socket_directories": work, "max_connections": 300}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (work / "log").open("w") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=work, **who
        )
    try:
        yield _answering(Postgres(work), server)
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait()
        shutil.rmtree(work)


def _answering(postgres: Postgres, server: "subprocess.Popen[bytes]") -> Postgres:
    import psycopg  # noqa: PLC0415

    for _ in range(200):
        try:
            postgres.execute("SELECT 1")
        except psycopg.OperationalError:
            assert server.poll() is None, (postgres.sockets / "log").read_text()
            time.sleep(0.05)
        else:
            return postgres
    raise AssertionError((postgres.sockets / "log").read_text())


@pytest.fixture(scope="session")
def postgres_catalog(postgres: Postgres) -> Iterator[tuple[str, Callable[[], object]]]:
    """The URL of a database with an empty catalog, and what empties it again."""
    import psycopg  # noqa: PLC0415

    from auditor.executor.catalog.catalog import Catalog  # noqa: PLC0415
    from auditor.executor.catalog.schema import METADATA  # noqa: PLC0415

    url = postgres.make()
    Catalog.open(url).close()
    with psycopg.connect(url, autocommit=True, options="-c lock_timeout=10s") as connection:
        numbers = [name for (name,) in connection.execute("SELECT sequencename FROM pg_sequences")]
        empty = [f"DELETE FROM {table}" for table in METADATA.tables]  # noqa: S608 -- our own tables
        restart = [f"ALTER SEQUENCE {name} RESTART" for name in numbers]
        statement = "; ".join(empty + restart).encode()
        yield url, lambda: connection.execute(statement)


@pytest.fixture
def postgres_url(postgres_catalog: tuple[str, Callable[[], object]]) -> Iterator[str]:
    """The URL of an empty catalog in PostgreSQL."""
    url, empty = postgres_catalog
    yield url
    empty()


@pytest.fixture(params=["memory", pytest.param("postgresql", marks=pytest.mark.postgres)])
def catalog_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty catalog, in memory and on PostgreSQL."""
    return "sqlite://" if request.param == "memory" else str(request.getfixturevalue("postgres_url"))
