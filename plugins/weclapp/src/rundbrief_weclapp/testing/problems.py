"""Error answers as RFC 7807 has them. A client decides by the last segment of `type`; texts are localised."""

from typing import Any

__all__ = [
    "Problem",
    "conflict",
    "forbidden",
    "invalid",
    "not_found",
    "too_many",
    "unauthorized",
    "unknown_property",
]

_TYPES = "/webapp/view/api/errors/"


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, type: str, detail: str, *errors: tuple[str, str]) -> None:  # noqa: A002
        super().__init__(f"{status} {type}: {detail}")
        self.status = status
        self.type = type
        self.detail = detail
        self.errors = errors
        """Error code and location, of each property that is wrong."""

    @property
    def payload(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": _TYPES + self.type,
            "title": self.type.replace("_", " "),
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["validationErrors"] = [
                {"type": _TYPES + self.type, "title": code, "location": location, "errorCode": code}
                for code, location in self.errors
            ]
        return body


def unauthorized() -> Problem:
    return Problem(401, "unauthorized", "The authentication token is missing or wrong.")


def forbidden(right: str) -> Problem:
    return Problem(403, "forbidden", f"The permission {right} is missing.")


def not_found() -> Problem:
    return Problem(404, "not_found", "The entity does not exist.")


def conflict() -> Problem:
    return Problem(409, "optimistic_lock", "The entity was changed in between.")


def too_many() -> Problem:
    return Problem(429, "too_many_requests", "Too many requests at the same time.")


def invalid(detail: str, location: str = "") -> Problem:
    return Problem(400, "validation", detail, ("platform.invalid", location))


def unknown_property(name: str) -> Problem:
    return Problem(400, "validation", f"There is no property {name}.", ("platform.unknown_property", f"$.{name}"))
