"""weclapp's own connection to a newsletter service. Beside rundbrief, both would undo what the other one does."""

from collections.abc import Iterator, Sequence

from rundbrief.errors import PermissionMissing, ProtocolError
from rundbrief.http import load
from rundbrief_weclapp.api import Api
from rundbrief_weclapp.schemas import ConnectionSchema, JobSchema

__all__ = ["warnings"]

OWN = {"mailchimp": "MAILCHIMP", "cleverreach": "CLEVERREACH", "brevo": "BREVO"}
"""Provider -> type of connection (OpenAPI description of `externalConnection`)."""

JOBS = {"mailchimp": "MAIL_CHIMP", "cleverreach": "CLEVER_REACH", "brevo": "BREVO"}
WHAT = ("CONTACT_IMPORT", "CONTACT_EXPORT", "CUSTOMER_EXPORT", "LEAD_EXPORT", "CAMPAIGN_PARTICIPANT_EXPORT")
RUNNING = ("EXECUTING", "SCHEDULED")


def warnings(api: Api, providers: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each service that weclapp exchanges contacts with by itself; one if it is not told."""
    asked = [one for one in dict.fromkeys(providers) if one in OWN]
    if not asked:
        return
    try:
        there = {row["type"] for row in api.rows("externalConnection", ConnectionSchema)}
        for provider in asked:
            if OWN[provider] in there:
                yield f"weclapp has a connection of its own to {provider}{_running(api, provider)}."
    except PermissionMissing:
        return  # this user may not see them, so nothing can be said of them
    except ProtocolError as error:
        # No reason to end a run: it is only a warning that cannot be given.
        yield f"Whether weclapp has a connection of its own to {', '.join(asked)} cannot be told: {error.message}"


def _running(api: Api, provider: str) -> str:
    jobs = [f"{JOBS[provider]}_{what}" for what in WHAT]
    if any(load(JobSchema, api.result("/job/status", type=job))["status"] in RUNNING for job in jobs):
        return ", and a job of it is running or planned: both would undo what the other one does"
    return ": see that it does not run beside rundbrief"
