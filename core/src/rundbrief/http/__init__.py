"""The HTTP stack: one client per account, made of layers with one job each. The only importer of httpx.

Outermost to innermost: the client (credentials, errors, redaction), retry, limits (rate windows, concurrency), and
the wire or, for a sandbox in this process, a WSGI application.
"""

from rundbrief.http.client import Client, open_client
from rundbrief.http.limits import AccountLimits
from rundbrief.http.transports import RetryPolicy
from rundbrief.http.wire import WireSchema, load
from rundbrief.http.wsgi import Transport, wsgi_transport

__all__ = [
    "AccountLimits",
    "Client",
    "RetryPolicy",
    "Transport",
    "WireSchema",
    "load",
    "open_client",
    "wsgi_transport",
]
