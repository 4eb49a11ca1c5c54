"""What can go wrong only where the engine is a server."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from auditor.model.errors import EngineError, UsageError
from auditor.rego.engine import Answer
from auditor.rego.load import open_engine
from auditor.rego.process import EvaluationLimits
from tests.contract.engine.conftest import StartServer

MODULES = {
    "a.rego": (
        "package controls.a.b\n\napplicable := true\n\n"
        "compliant if input.x\n\nnon_compliant contains 1 if false\n"
    )
}
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
        lax = {"a.rego": MODULES["a.rego"].replace("compliant if input.x", "compliant := true")}
        open_engine("opa-server", lax, {}, url=url).close()

        with pytest.raises(EngineError, match="Another program replaced the policies"):
            first.ask("controls.a.b", [{"x": False}])
        first.close()


@pytest.mark.opa
def test_a_server_that_goes_away_is_one_sentence(start_server: StartServer) -> None:
    """Not a stack trace, and no answer."""
    with start_server() as url:
        engine = open_engine("opa-server", MODULES, {}, url=url, limits=EvaluationLimits(seconds=0.5))

    with pytest.raises(EngineError, match="No OPA server answers at"):
        engine.ask("controls.a.b", [{"x": True}])


@pytest.mark.opa
def test_what_opa_does_not_compile_is_named(opa_url: str) -> None:
    """OPA's compiler is stricter than the parser: the file and its message are in the sentence."""
    rego = 'package lib.typo\n\nx := 1 + "one"\n'

    with pytest.raises(EngineError, match=r"refuses lib/typo\.rego: .*invalid argument"):
        open_engine("opa-server", {"lib/typo.rego": rego}, {}, url=opa_url)
