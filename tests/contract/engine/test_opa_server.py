"""What can go wrong only where the engine is a server."""

import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from auditor.catalogue.load import Catalogue
from auditor.model.errors import EngineError, UsageError
from auditor.rego.engine import Answer
from auditor.rego.load import OWN, open_engine
from auditor.rego.process import EvaluationLimits
from tests.contract.engine.conftest import StartServer

MODULES = {
    "a.rego": (
        "package controls.a.b\n\napplicable := true\n\n"
        "compliant if input.x\n\nnon_compliant contains 1 if false\n"
    )
}
LAX = {"a.rego": MODULES["a.rego"].replace("compliant if input.x", "compliant := true")}
AUTHORIZATION = """package system.authz

default allow := false

allow if input.identity == "secret"
"""


def test_no_server_is_one_sentence() -> None:
    """Nothing listens on that port."""
    with pytest.raises(EngineError) as refused:
        open_engine("opa-server", MODULES, {}, url="http://127.0.0.1:9")

    assert str(refused.value) == (
        "No OPA server answers at http://127.0.0.1:9; start `opa run --server` or use the embedded engine."
    )


@pytest.mark.parametrize("url", ["127.0.0.1:8181", "ftp://127.0.0.1", "http://", "http://127.0.0.1/v1"])
def test_a_url_that_is_none_is_a_usage_error(url: str) -> None:
    """The sentence shows one that is."""
    with pytest.raises(UsageError, match=r"one looks like http://127\.0\.0\.1:8181"):
        open_engine("opa-server", MODULES, {}, url=url)


def test_another_web_server_is_no_opa() -> None:
    """A server that answers 404 to everything is named as what it is."""

    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Nothing) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(EngineError, match="answers HTTP 404"):
            open_engine("opa-server", MODULES, {}, url=url)
        server.shutdown()


@pytest.mark.opa
def test_a_token_opens_a_server_that_demands_one(start_server: StartServer, tmp_path: Path) -> None:
    """`--authentication=token --authorization=basic`: with the token it answers, without it says so."""
    policy = tmp_path / "authz.rego"
    policy.write_text(AUTHORIZATION)
    with start_server("--authentication=token", "--authorization=basic", str(policy)) as url:
        with pytest.raises(EngineError, match="refuses the token"):
            open_engine("opa-server", MODULES, {}, url=url, token="wrong")
        with pytest.raises(EngineError, match="refuses the token"):
            open_engine("opa-server", MODULES, {}, url=url)

        engine = open_engine("opa-server", MODULES, {}, url=url, token="secret")

        assert engine.ask("controls.a.b", [{"x": True}]) == [Answer(applicable=True, compliant=True)]
        engine.close()


@pytest.mark.opa
def test_a_server_with_other_policies_is_refused(start_server: StartServer, tmp_path: Path) -> None:
    """A module of somebody else could add `compliant if true` to any control."""
    policy = tmp_path / "lax.rego"
    policy.write_text("package controls.a.b\n\ncompliant if true\n")
    with (
        start_server(str(policy)) as url,
        pytest.raises(EngineError, match=r"holds other policies \(.*lax\.rego\)"),
    ):
        open_engine("opa-server", MODULES, {}, url=url)


@pytest.mark.opa
def test_policies_replaced_by_another_program_are_noticed(start_server: StartServer) -> None:
    """Two audits on one server: the first does not take the answers of the second's policies for its own."""
    with start_server() as url:
        first = open_engine("opa-server", MODULES, {}, url=url)
        open_engine("opa-server", LAX, {}, url=url).close()

        with pytest.raises(EngineError, match="Another program replaced the policies"):
            first.ask("controls.a.b", [{"x": False}])
        first.close()


def _written(url: str) -> int:
    """How many policies and documents the server at `url` has taken or removed."""
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    counts = [line for line in lines if line.startswith("http_request_duration_seconds_count{")]
    changes = [line for line in counts if "policies" in line and 'method="get"' not in line]
    return sum(int(line.rpartition(" ")[2]) for line in changes)


@pytest.mark.opa
def test_a_server_that_has_these_very_policies_keeps_them(start_server: StartServer) -> None:
    """OPA compiles all that it holds after each policy: what is there is not given again; what differs is."""
    with start_server() as url:
        open_engine("opa-server", MODULES, {}, url=url).close()
        first = _written(url)
        again = open_engine("opa-server", MODULES, {}, url=url)
        second = _written(url)
        assert again.ask("controls.a.b", [{"x": True}]) == [Answer(applicable=True, compliant=True)]
        put = urllib.request.Request(
            f"{url}/v1/policies/auditor/a.rego", LAX["a.rego"].encode(), method="PUT"
        )
        urllib.request.urlopen(put).close()
        strict = open_engine("opa-server", MODULES, {}, url=url)
        assert strict.ask("controls.a.b", [{"x": False}]) == [Answer(applicable=True)]
        again.close()
        strict.close()

    assert (first, second) == (2, 2)


@pytest.mark.opa
def test_a_server_that_goes_away_is_one_sentence(start_server: StartServer) -> None:
    """Not a stack trace, and no answer."""
    with start_server() as url:
        engine = open_engine("opa-server", MODULES, {}, url=url, limits=EvaluationLimits(seconds=0.5))

    with pytest.raises(EngineError, match="No OPA server answers at"):
        engine.ask("controls.a.b", [{"x": True}])


@pytest.mark.opa
@pytest.mark.parametrize("own", [False, True])
def test_what_opa_does_not_compile_is_named(
    own: bool,  # noqa: FBT001 -- a case
    opa_url: str,
    opa_program: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OPA's compiler is stricter than the parser: the file and its message are in the sentence.

    A server of ours, which reads the policies as it starts, names it too.
    """
    monkeypatch.setenv("AUDITOR_OPA", opa_program)
    rego = 'package lib.typo\n\nx := 1 + "one"\n'

    with pytest.raises(EngineError, match=r"refuses lib/typo\.rego: .*invalid argument"):
        open_engine("opa-server", {"lib/typo.rego": rego}, {}, url=OWN if own else opa_url)


@pytest.mark.long
@pytest.mark.opa
def test_a_server_takes_the_shipped_policies_one_by_one(opa_url: str) -> None:
    """And takes their place of one another: those of another catalogue first, then these, then none new."""
    catalogue = Catalogue.load()
    open_engine("opa-server", MODULES, {}, url=opa_url).close()
    engine = open_engine("opa-server", catalogue.modules, catalogue.data, url=opa_url)
    embedded = open_engine("embedded", catalogue.modules, catalogue.data)
    asked = {
        one.package: (engine.ask(one.package, [{}]), embedded.ask(one.package, [{}]))
        for one in catalogue.controls
    }
    engine.close()
    embedded.close()

    assert [package for package, (one, other) in asked.items() if one != other] == []
