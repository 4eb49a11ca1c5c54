"""An OPA server of the run's own: it has a limit of memory, starts again, and ends with the engine."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from auditor.model.errors import EngineError
from auditor.rego.engine import Answer
from auditor.rego.load import OWN, open_engine
from auditor.rego.opa_process import OpaProcess, limited
from auditor.rego.process import EvaluationLimits
from tests.contract.engine.conftest import wait_for
from tests.contract.engine.test_limits import PACKAGE, PASSED, TEXTS, control, opened

LIMITS = EvaluationLimits(seconds=30, mebibytes=256)


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """OPA, where the test needs a real one."""
    if request.node.get_closest_marker("opa"):
        monkeypatch.setenv("AUDITOR_OPA", request.getfixturevalue("opa_program"))


@pytest.mark.long
@pytest.mark.opa
def test_a_control_that_eats_memory_is_an_error_and_others_are_judged() -> None:
    """The server ends at its limit and is started again: other subjects, and other controls, are answered."""
    engine = opened("opa-server", OWN, f"{TEXTS}expensive if count(x40) == 1", LIMITS)

    answers = engine.ask(PACKAGE, [{"healthy": True}, {}, {"healthy": True}])
    after = engine.ask("controls.c.d", [{}])
    engine.close()

    ended = Answer(error="it ended the OPA server, perhaps at its limit of 256 MiB of memory")
    assert (answers, after) == ([PASSED, ended, PASSED], [PASSED])


@pytest.mark.opa
def test_a_server_answers_its_own_run_alone_and_ends_with_it(opa_program: str) -> None:
    """Without the token it refuses; once closed nobody answers."""
    server = OpaProcess(opa_program, 64)
    server.start()
    wait_for(server.url)
    with pytest.raises(EngineError, match="refuses the token"):
        open_engine("opa-server", control("expensive := true"), {}, url=server.url, limits=LIMITS)
    server.close()

    with pytest.raises(requests.ConnectionError):
        requests.get(server.url, timeout=60)


@pytest.mark.opa
def test_a_server_ends_when_the_run_is_killed(opa_program: str) -> None:
    """Nothing is left of it: its port answers no more."""
    script = (
        "import os, sys\nfrom auditor.rego.opa_process import OpaProcess\n"
        "server = OpaProcess(sys.argv[1], 64)\nserver.start()\nprint(server.url, flush=True)\n"
        "sys.stdin.read()\nos.kill(os.getpid(), 9)\n"
    )
    arguments = [sys.executable, "-c", script, opa_program]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        url = run.stdout.readline().strip()
        wait_for(url)
        run.stdin.close()
        run.wait()
        _wait_until_gone(url)


def _wait_until_gone(url: str) -> None:
    while True:
        try:
            requests.get(url, timeout=60)
        except requests.ConnectionError:
            return
        time.sleep(0.02)


def test_without_opa_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the variable nor the PATH has it, or the variable names what is not there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    said = []
    for named in ("", str(tmp_path / "opa")):
        monkeypatch.setenv("AUDITOR_OPA", named)
        with pytest.raises(EngineError) as refused:
            open_engine("opa-server", control("expensive := true"), {})
        said.append(str(refused.value))

    sentence = (
        "There is no OPA to start; set AUDITOR_OPA to its program, give --engine-url of a server that runs, "
        "or use the embedded engine."
    )
    assert said == [sentence] * 2


@pytest.mark.long
def test_a_program_that_is_no_opa_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends before it answers."""
    monkeypatch.setenv("AUDITOR_OPA", "/bin/false")

    with pytest.raises(EngineError) as refused:
        open_engine("opa-server", control("expensive := true"), {}, limits=LIMITS)

    assert str(refused.value) == "/bin/false does not run as a server; correct AUDITOR_OPA."


def test_a_limit_is_set_before_the_program_runs() -> None:
    """As the system says there: KiB of memory, OPA's own share included."""
    done = subprocess.run(limited(["sh", "-c", "ulimit -d"], 64), capture_output=True, check=True)
    assert done.stdout.strip() == str((64 + 256) * 1024).encode()
