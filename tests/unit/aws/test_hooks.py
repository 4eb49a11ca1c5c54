"""Event hooks of sessions."""

from typing import Any

from botocore.hooks import EventAliaser, HierarchicalEmitter

from auditor.aws.hooks import _NAMES, hooked_session
from auditor.aws.session import Credentials, make_client


def test_handlers_are_called_by_any_spelling_of_an_event_and_by_no_other_client() -> None:
    """As with botocore's own session: a client takes its handlers over and keeps its own to itself."""
    session = hooked_session()
    session.set_credentials("access", "secret")
    heard: list[str] = []
    session.register("heard.tagging", lambda **_: heard.append("session"))
    one, two = (session.create_client("resourcegroupstaggingapi", region_name="eu-west-1") for _ in "12")
    one.meta.events.register("heard.resource-groups-tagging-api", lambda **_: heard.append("client"))
    one.meta.events.register("heard.tagging.GetResources", lambda **_: heard.append("operation"))
    for client in (one, two):
        client.meta.events.emit("heard.resource-groups-tagging-api.GetResources")
        heard.append("|")
    assert heard == ["operation", "session", "client", "|", "session", "|"]


def test_names_are_as_botocore_translates_them() -> None:
    """Every name that clients have asked for so far."""
    for service in ("ec2", "resourcegroupstaggingapi", "s3"):
        make_client(service, "eu-west-1", credentials=Credentials("access", "secret"))
    plain: Any = EventAliaser(HierarchicalEmitter())
    assert len(_NAMES) >= 20
    assert {name: plain._alias_event_name(name) for name in _NAMES} == _NAMES
