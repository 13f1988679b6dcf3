"""The sandbox: a stateful imitation of weclapp's REST API v2, faithful where opt-ins and data are at stake."""

from rundbrief_weclapp.testing.service import WeclappSandbox

__all__ = ["WeclappSandbox"]
