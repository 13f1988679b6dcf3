"""The HTTP stack: one client per account, made of layers with one job each. The only importer of httpx.

Outermost to innermost: redaction, retry, rate budget, concurrency, and the wire or, for a sandbox in this process,
a WSGI application. Each attempt of a retry takes its share of the rate budget and a free place anew. OAuth adds
two: a second chance on top, and the signature below the rate budget.

Files and access tokens are no part of an account's API: they come through redaction, retry and concurrency alone.
"""

from rundbrief.http.client import Client, open_client
from rundbrief.http.documents import decoded
from rundbrief.http.limits import AccountLimits
from rundbrief.http.retry import RetryPolicy
from rundbrief.http.tokens import StoredTokens, TokenVault
from rundbrief.http.wire import Rows, WireSchema, load
from rundbrief.http.wsgi import Transport, wsgi_transport

__all__ = [
    "AccountLimits",
    "Client",
    "RetryPolicy",
    "Rows",
    "StoredTokens",
    "TokenVault",
    "Transport",
    "WireSchema",
    "decoded",
    "load",
    "open_client",
    "wsgi_transport",
]
