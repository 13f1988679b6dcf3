"""What went wrong on the line: whether the request may have had its effect, and how to say it."""

import ssl

import httpx

from rundbrief.errors import ProtocolError, ServiceUnavailable

__all__ = ["explained", "nothing_was_sent", "the_answer_was_lost"]

_LATER = "Run again later; what was done is saved."


def nothing_was_sent(error: BaseException) -> bool:
    """Tell whether the service cannot have seen the request, and trying again may help."""
    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return unsent and not _is_about_the_certificate(error)


def the_answer_was_lost(error: BaseException) -> bool:
    """Tell whether the request went out, at least in part, and nobody knows what became of it."""
    return isinstance(
        error,
        httpx.ReadTimeout
        | httpx.WriteTimeout
        | httpx.ReadError
        | httpx.WriteError
        | httpx.CloseError
        | httpx.RemoteProtocolError,
    )


def explained(error: Exception, host: str) -> ServiceUnavailable | ProtocolError:
    """Return the error to raise in an httpx error's place, free of everything that one may hold."""
    if _is_about_the_certificate(error):
        return ServiceUnavailable(
            f"{host} could not prove its identity (TLS certificate).",
            hint="Check the date of this machine, and base_url in rundbrief.toml.",
        )
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return ServiceUnavailable(
                f"{host} cannot be reached.",
                hint=f"Check the network, and the address in rundbrief.toml. {_LATER}",
            )
        case httpx.TimeoutException():
            return ServiceUnavailable(f"{host} did not answer in time.", hint=_LATER)
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return ServiceUnavailable(f"The connection to {host} broke off.", hint=_LATER)
        case _:
            return ProtocolError(f"{host} sent an answer that cannot be read.", hint=_LATER)


def _is_about_the_certificate(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
