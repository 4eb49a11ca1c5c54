"""An evaluation has a limit of time and of memory: what comes to one is an error, and harms no other."""

import socket
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest

from auditor.model.errors import EngineError, UsageError
from auditor.rego.engine import Answer, Engine
from auditor.rego.load import open_engine
from auditor.rego.process import EvaluationLimits

LIMITS = EvaluationLimits(seconds=0.75, mebibytes=256, strikes=2)
PASSED = Answer(applicable=True, compliant=True)
MEMORY = "it needs more than 256 MiB of memory"
TIME = {
    "embedded": "it takes more than 0.75 s of processor time",
    "opa-server": "it takes more than 1.5 s",
}
SKIPPED = Answer(error="it was not evaluated, as 2 evaluations of this control came to a limit")
PACKAGE = "controls.a.b"
CONTROL = """package controls.a.b

applicable := true

compliant if input.healthy

compliant if {
	not input.healthy
	expensive
}

non_compliant contains 1 if false

"""
NESTED = """expensive if {
	some i in numbers.range(1, 100000)
	some j in numbers.range(1, 100000)
	i + j < 0
}"""
DOUBLED = "x0 := {1, 2}\n\n" + "".join(
    f"x{number + 1} := {{[a, b] | some a in x{number}; some b in x{number}}}\n\n" for number in range(6)
)
TEXTS = 'x0 := "a"\n\n' + "".join(
    f'x{number + 1} := concat("", [x{number}, x{number}])\n\n' for number in range(40)
)


def control(expensive: str) -> dict[str, str]:
    """A control that is quick for a healthy subject."""
    return {"controls/a/b/b.rego": f"{CONTROL}{expensive}\n"}


@pytest.fixture(params=["embedded", pytest.param("opa-server", marks=pytest.mark.opa)])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of engine."""
    return str(request.param)


@pytest.fixture
def url(request: pytest.FixtureRequest, kind: str) -> str:
    """The server, where the engine is one."""
    return str(request.getfixturevalue("opa_url")) if kind == "opa-server" else ""


def opened(kind: str, url: str, expensive: str, limits: EvaluationLimits = LIMITS) -> Engine:
    """An engine with the control and a healthy one beside it."""
    other = {"controls/c/d/d.rego": CONTROL.replace("a.b", "c.d") + "expensive := true\n"}
    return open_engine(kind, {**control(expensive), **other}, {}, url=url, limits=limits)


@pytest.mark.long
@pytest.mark.parametrize(
    "expensive", [NESTED, f"{DOUBLED}expensive if count(x6) == 1"], ids=["nested", "sets"]
)
def test_time(kind: str, url: str, expensive: str) -> None:
    """One subject without an end among others: it is an error with its limit, they are answered."""
    engine = opened(kind, url, expensive)
    inputs = [{"healthy": number != 2} for number in range(5)]

    answers = engine.ask(PACKAGE, inputs)
    after = engine.ask("controls.c.d", [{}])
    engine.close()

    assert answers == [PASSED, PASSED, Answer(error=TIME[kind]), PASSED, PASSED]
    assert after == [PASSED]


@pytest.mark.long
@pytest.mark.parametrize(
    ("expensive", "said"),
    [
        pytest.param("expensive if count(numbers.range(1, 2000000000)) == 1", [MEMORY], id="range"),
        pytest.param('expensive if count(sprintf("%1000000000d", [1])) == 1', [MEMORY], id="padding"),
        pytest.param(
            f"{TEXTS}expensive if count(x40) == 1", [MEMORY, f"{MEMORY}, or is nested too deeply"], id="texts"
        ),
    ],
)
def test_memory(expensive: str, said: list[str]) -> None:
    """What would take gibibytes is an error with its limit; others are answered, before it and after it."""
    engine = opened("embedded", "", expensive, EvaluationLimits(seconds=5, mebibytes=256))

    first, second, third = engine.ask(PACKAGE, [{"healthy": True}, {}, {"healthy": True}])
    after = engine.ask("controls.c.d", [{}])
    engine.close()

    assert (first, third, after) == (PASSED, PASSED, [PASSED])
    assert second == Answer(error=second.error)
    assert second.error in said


@pytest.mark.long
def test_after_some_limits_a_control_is_not_asked_any_more(kind: str, url: str) -> None:
    """Two of its subjects are waited for, the others not; another control is asked as ever."""
    engine = opened(kind, url, NESTED)

    answers = engine.ask(PACKAGE, [{"healthy": number == 0} for number in range(2000)])
    after = engine.ask("controls.c.d", [{}])
    engine.close()

    assert answers == [PASSED, *[Answer(error=TIME[kind])] * 2, *[SKIPPED] * 1997]
    assert after == [PASSED]


@pytest.mark.long
def test_a_query_has_the_limits_too(kind: str, url: str) -> None:
    """One sentence that says which."""
    engine = opened(kind, url, NESTED)

    with pytest.raises(EngineError) as refused:
        engine.query("data.controls.a.b.expensive", {})
    engine.close()

    assert (
        str(refused.value)
        == f"data.controls.a.b.expensive could not be evaluated: {TIME[kind]}; correct the policy."
    )


def test_the_time_of_one_evaluation_is_not_that_of_all() -> None:
    """Ten evaluations of a third of the limit each are no limit reached."""
    engine = opened(
        "embedded", "", "expensive if count(numbers.range(1, 300000)) > 1", EvaluationLimits(seconds=1)
    )

    answers = engine.ask(PACKAGE, [{"number": number} for number in range(30)])
    engine.close()

    assert answers == [PASSED] * 30


def test_a_process_that_ends_by_itself_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a fault of this program or of the machine, and is said as one."""
    monkeypatch.setattr("sys.executable", "/bin/false")

    with pytest.raises(EngineError, match="The process that evaluates Rego ended with code 1"):
        opened("embedded", "", NESTED)


@pytest.fixture
def limited_server(opa_program: str) -> Iterator[str]:
    """An OPA server with a limit of memory, which is started again when it ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stop = threading.Event()
    command = f"ulimit -v 2000000; exec {opa_program} run --server --addr 127.0.0.1:{port} --log-level error"

    def keep() -> None:
        while not stop.is_set():
            with subprocess.Popen(["sh", "-c", command], stderr=subprocess.DEVNULL) as server:
                while server.poll() is None and not stop.is_set():
                    time.sleep(0.02)
                server.kill()

    thread = threading.Thread(target=keep)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    stop.set()
    thread.join()


@pytest.mark.long
@pytest.mark.opa
def test_a_server_that_ended_is_given_the_policies_again(limited_server: str) -> None:
    """Where OPA's memory is limited and OPA is started again, the others are answered there too."""
    deadline = time.monotonic() + 60
    while True:
        try:
            engine = opened(
                "opa-server",
                limited_server,
                f"{TEXTS}expensive if count(x40) == 1",
                EvaluationLimits(seconds=30),
            )
            break
        except EngineError:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    answers = engine.ask(PACKAGE, [{"healthy": True}, {}, {"healthy": True}])
    after = engine.ask("controls.c.d", [{}])
    engine.close()

    ended = Answer(error="it ended the OPA server, perhaps at its limit of memory")
    assert (answers, after) == ([PASSED, ended, PASSED], [PASSED])


def test_a_policy_file_that_is_no_policy_at_all_is_still_one_sentence() -> None:
    """Bytes that no parser expects."""
    with pytest.raises(UsageError, match=r"^lib/a\.rego:\d+:\d+: [^\n]+; correct the policy\.$"):
        open_engine("embedded", {"lib/a.rego": "\x00\x01{{{"}, {})
