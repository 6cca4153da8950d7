"""An embedded stand-in for an Airbyte server, over real HTTP.

`world.py` and what it rests on is the pure world; `server.py` puts it on a socket or hands it out
as an ASGI application; `faults.py` makes it misbehave on request. Nothing of the client is used
here: if they shared code, one mistake would hide on both sides of the wire.
"""
