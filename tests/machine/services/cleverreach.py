"""CleverReach: what its requests say of consent."""

import json
from typing import Any

from machine.services.service import Attempt, Service
from rundbrief.testing.sandbox import SandboxRequest
from rundbrief_cleverreach.testing import CleverReachSandbox

__all__ = ["CLEVERREACH"]

TIMES = {"registered", "activated", "deactivated"}


def read(request: SandboxRequest) -> Attempt:
    how = f"{request.method} {request.path}"
    if request.method == "GET" or request.path.endswith(("/filter", "/token.php")):
        return Attempt()
    list_id = request.path.split("/")[3]
    if request.path.endswith("/deactivate"):
        return Attempt("a deactivation")
    body: Any = json.loads(request.get_data() or b"[]")
    if request.path.endswith("/insert"):
        forbidden = (
            "a new receiver is told to be deactivated" if any("deactivated" in row for row in body) else None
        )
        return Attempt("an insert", list_id, [row["email"] for row in body], forbidden)
    rows = body if isinstance(body, list) else [body]
    if request.path.endswith(("/update", "/email")):
        return Attempt("an update", forbidden=_first_time_in(rows))
    return Attempt(how, forbidden=f"{how} is no way to write that cannot touch a consent")


def _first_time_in(rows: list[dict[str, Any]]) -> str | None:
    return "a data write carries a consent field" if any(TIMES & row.keys() for row in rows) else None


CLEVERREACH = Service(
    "cleverreach",
    # Else an administrator's entry stays with the old address, and the new one is free of it.
    lambda clock: CleverReachSandbox(clock, blacklist_follows_address=True),
    read,
    double_opt_in=False,
    tells_who_is_out=lambda request: "/blacklist" in request.path,
    is_in=lambda row: bool(row.get("activated")) and not row.get("deactivated") and not row.get("bounced"),
)
