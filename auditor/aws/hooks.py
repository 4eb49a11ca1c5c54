"""botocore's event hooks, its own handlers registered once in a process, and names of events translated once.

botocore itself translates an event's name once for every client, as each client copies its session's hooks.
With a client for each service, Region and account that calls an operation once, that took a third of the
call's time. And a session registers some two hundred handlers, each of which it looks into first, which took
half of the time to make a client.
"""

from copy import copy
from functools import cache
from typing import Any, Final

from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.session import Session

#: Event names as botocore spells them now, by any older spelling.
_NAMES: Final[dict[str, str]] = {}


def hooked_session() -> Session:
    """Make a botocore session of its own hooks, whose clients share what they know of event names."""
    handlers = copy(_handlers())
    session = Session(event_hooks=handlers, include_builtin_handlers=False)
    session.register_component("event_emitter", _Aliaser(handlers))
    return session


@cache
def _handlers() -> HierarchicalEmitter:
    """Hooks with the handlers that each session of botocore has; they know nothing of the session."""
    handlers = HierarchicalEmitter()
    Session(event_hooks=handlers)
    return handlers


class _Aliaser(EventAliaser):
    def __init__(self, event_emitter: Any, event_aliases: Any = None) -> None:
        super().__init__(event_emitter, event_aliases)
        # botocore's own attribute: a release that calls it otherwise is slower, and no less right
        self._alias_name_cache = _NAMES
