"""botocore's event hooks, with translated event names shared by all clients of a process.

botocore itself translates an event's name once for every client, as each client copies its session's hooks.
With a client for each service, Region and account that calls an operation once, that took a third of the
call's time.
"""

from typing import Any, Final

from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.session import Session

#: Event names as botocore spells them now, by any older spelling.
_NAMES: Final[dict[str, str]] = {}


def hooked_session() -> Session:
    """Make a botocore session whose clients share what they know of event names."""
    handlers = HierarchicalEmitter()
    session = Session(event_hooks=handlers)
    session.register_component("event_emitter", _Aliaser(handlers))
    return session


class _Aliaser(EventAliaser):
    def __init__(self, event_emitter: Any, event_aliases: Any = None) -> None:
        super().__init__(event_emitter, event_aliases)
        # botocore's own attribute: a release that calls it otherwise is slower, and no less right
        self._alias_name_cache = _NAMES
