"""A server on waitress that slow clients cannot hold up, and its logs: of the executor and of run tasks.

connections.py  connections and threads, with limits for slow clients
server.py       until a signal comes
logs.py         one JSON object on each line
"""
