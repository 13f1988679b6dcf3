"""Which endpoint of a sandbox answers which method and path."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

__all__ = ["Router"]

Endpoint = TypeVar("Endpoint")


class Router(Generic[Endpoint]):
    """Args:
    table: method, path with `<name>` for what varies, and endpoint.
    no_path: makes the service's own refusal of a path that it does not have.
    no_method: the same for a method that a path does not have.
    """

    def __init__(
        self,
        table: Sequence[tuple[str, str, Endpoint]],
        *,
        no_path: Callable[[], Exception],
        no_method: Callable[[], Exception],
    ) -> None:
        rules = [Rule(path, endpoint=endpoint, methods=[method]) for method, path, endpoint in table]
        self._rules = Map(rules, strict_slashes=False, merge_slashes=False).bind("sandbox")
        self._no_path = no_path
        self._no_method = no_method

    def find(self, method: str, path: str) -> tuple[Endpoint, Mapping[str, Any]]:
        """Return the endpoint, and what stands in the path for its names.

        Raises:
            Exception: what `no_path` or `no_method` makes.
        """
        try:
            endpoint, arguments = self._rules.match(path, method)
        except NotFound:
            raise self._no_path() from None
        except MethodNotAllowed:
            raise self._no_method() from None
        return endpoint, arguments
