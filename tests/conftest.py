"""What every test may rely on: no credentials of the user, no proxy before loopback, and no quiet skip."""

import gc
import os
import signal
import subprocess
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from bench import databases
from tests import some_cases
from tests.demo import Demo, run_demo
from tests.temporary import in_memory

#: Set to 1 (CI does): a test marked `opa` or `browser` that is skipped counts as failed.
REQUIRE_ALL = "AUDITOR_REQUIRE_ALL"

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "obtain_opa.sh"

#: Variables of the test run itself.
KEPT = frozenset({REQUIRE_ALL, "AUDITOR_CONFTEST", "AUDITOR_OPA", "AUDITOR_VERAPDF"})

#: The fixtures that have a test run on two databases.
TWICE = ("database_url", "database")

#: Folders whose files share sandboxes, each of which takes seconds to start.
TOGETHER = ("tests/contract/sandbox/",)

#: Files that would keep one process for a quarter of an hour: another may take those of the other parameter.
APART = ("tests/truth/test_wrong_answers.py",)

# How long an example takes depends on what else the machine does, and says nothing of the code.
_UNHURRIED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
# A few examples, always the same; `make test-long` takes the other profile.
settings.register_profile("few", max_examples=5, derandomize=True, **_UNHURRIED)
settings.register_profile("many", max_examples=150, **_UNHURRIED)
settings.load_profile("few")

# What is imported and collected stays to the end: looking through it for garbage took an eighth of the time.
gc.disable()

# A shell without job control lets its background commands ignore Ctrl-C, and so would all that we start.
signal.signal(signal.SIGINT, signal.default_int_handler)

for _name in [name for name in os.environ if name.startswith(("AWS_", "AUDITOR_")) and name not in KEPT]:
    del os.environ[_name]
os.environ |= {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}

_memory = in_memory(os.environ)
if _memory:
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(_memory)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave cases, and what is not marked `sql` on PostgreSQL a second time, to the long series."""
    named = {item.nodeid: item for item in items}
    for item in items:
        given = getattr(item, "callspec", None)
        again = given is not None and "postgresql" in {given.params.get(name) for name in TWICE}
        if again and item.get_closest_marker("sql") is None:
            item.add_marker("long")
    quick = [item for item in items if item.get_closest_marker("long") is None]
    for name in some_cases.left_out([item.nodeid for item in quick]):
        named[name].add_marker("long")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let one process run all files of a folder of `TOGETHER`, as it does all tests of a file."""
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 -- there where this is called

    def scope(name: str) -> str:
        if name.startswith(APART):
            return f"{name.partition('::')[0]}[{name.partition('[')[2]}"
        return next((folder for folder in TOGETHER if name.startswith(folder)), name.partition("::")[0])

    made = LoadFileScheduling(config, log)
    made._split_scope = scope  # what its documentation tells to override
    return made if config.getoption("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make, and not among what was there before."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Let garbage of the last tests be found once; pytest looks ten times, among all that was imported."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip of a marked test into a failure where everything is required."""
    report = yield
    if os.environ.get(REQUIRE_ALL) == "1" and report.skipped and not hasattr(report, "wasxfail"):
        for marker in ("opa", "browser"):
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


@pytest.fixture(scope="session")
def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The one demo of the test run, whose processes share it; nobody changes what lies in its run folder."""
    folder = tmp_path_factory.getbasetemp()
    return run_demo((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "demo")


@dataclass
class Postgres:
    """A PostgreSQL server of this test run, on a Unix socket. Where it can, it sorts text as English does."""

    socket: Path
    _made: int = 0

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        import psycopg  # noqa: PLC0415 -- most tests need no database

        with psycopg.connect(databases.url(self.socket, database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def make(self) -> str:
        """The URL of a new, empty database."""
        self._made += 1
        self.execute(f"CREATE DATABASE database_{self._made}")
        return databases.url(self.socket, f"database_{self._made}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this test run: the machine's, else that of the wheel that the set-up installs."""
    settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    with databases.server({**settings, "max_connections": "300"}, english=True) as socket:
        yield Postgres(socket)


@pytest.fixture(scope="session")
def postgres_database(postgres: Postgres) -> Iterator[tuple[str, Callable[[], object]]]:
    """The URL of a database with an empty database, and what empties it again."""
    import psycopg  # noqa: PLC0415 -- for PostgreSQL only

    from auditor.executor.database import connecting  # noqa: PLC0415 -- for PostgreSQL only
    from auditor.executor.database.database import Database  # noqa: PLC0415 -- for PostgreSQL only
    from auditor.executor.database.schema import METADATA  # noqa: PLC0415 -- for PostgreSQL only

    url = postgres.make()
    Database.open(url).close()
    with psycopg.connect(url, autocommit=True, options="-c lock_timeout=120s") as connection:
        numbers = [name for (name,) in connection.execute("SELECT sequencename FROM pg_sequences")]
        empty = [f"DELETE FROM {table}" for table in METADATA.tables]  # noqa: S608 -- our own tables
        restart = [f"ALTER SEQUENCE {name} RESTART" for name in numbers]
        statement = "; ".join(empty + restart).encode()
        with pytest.MonkeyPatch.context() as patch:
            # A busy machine may stand still for longer than one that is taken to be cut off.
            patch.setattr(connecting, "_IDLE_SECONDS", 600)
            patch.setattr(connecting, "_WAIT_SECONDS", 900)
            yield url, lambda: connection.execute(statement)


@pytest.fixture
def postgres_url(postgres_database: tuple[str, Callable[[], object]]) -> Iterator[str]:
    """The URL of an empty database in PostgreSQL."""
    url, empty = postgres_database
    yield url
    empty()


@pytest.fixture(params=["memory", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, in memory and on PostgreSQL."""
    return "sqlite://" if request.param == "memory" else str(request.getfixturevalue("postgres_url"))
