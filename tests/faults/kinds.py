"""The kinds of requests of each service: the rows of the matrix.

They are named by hand and found by machine: `matrix.Stages.places` runs each job undisturbed, and a request that
fits no kind here, or a kind that no request fits, is an error.
"""

import re
from dataclasses import dataclass

from rundbrief.testing.requestlog import RequestRecord

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """One kind of request."""

    title: str
    method: str
    path: str
    """A pattern that the whole path fits."""
    query: str = ""
    """A pattern that is found in the query."""
    asks_after_a_job: bool = False

    def fits(self, record: RequestRecord) -> bool:
        return (
            self.method == record.method
            and re.search(self.path, record.path) is not None
            and re.search(self.query, record.query) is not None
        )


_MAILCHIMP = [
    Kind("the account", "GET", "^/3.0/$"),
    Kind("lists", "GET", "/lists$"),
    Kind("merge fields", "GET", "/merge-fields$"),
    Kind("make a merge field", "POST", "/merge-fields$"),
    Kind("add choices", "PATCH", r"/merge-fields/\d+$"),
    Kind("all members", "GET", "/members$", "^(?!.*since_last_changed)"),
    Kind("changed members", "GET", "/members$", "since_last_changed"),
    Kind("add", "POST", r"/lists/\w+$", "^$"),
    Kind("unsubscribe", "POST", r"/lists/\w+$", "skip_merge_validation"),
    Kind("change one", "PATCH", r"/members/\w+$"),
    Kind("change many: hand in", "POST", "/batches$"),
    Kind("change many: ask", "GET", r"/batches/\w+$", asks_after_a_job=True),
    Kind("change many: results", "GET", "/batch-results/|/archive|\\.tar\\.gz"),
]

_CLEVERREACH = [
    Kind("the account", "GET", "/debug/whoami$"),
    Kind("an access token", "POST", "/oauth/token.php$"),
    Kind("groups", "GET", "/groups$"),
    Kind("attributes", "GET", "/attributes$"),
    Kind("room for attributes", "GET", "/attributes/limits$"),
    Kind("make an attribute", "POST", "/attributes$"),
    Kind("the account's blacklist", "GET", "^/v3/blacklist$"),
    Kind("the group's blacklist", "GET", r"/groups/\d+/blacklist$"),
    Kind("all receivers", "GET", r"/groups/\d+/receivers$", "^(?!.*email_list)"),
    Kind("single receivers", "GET", r"/groups/\d+/receivers$", "email_list"),
    Kind("changed receivers", "POST", "/receivers/filter$"),
    Kind("add", "POST", "/receivers/insert$"),
    Kind("change", "PUT", "/receivers/update$"),
    Kind("change an address", "PUT", r"/receivers/[^/]+/email$"),
    Kind("unsubscribe", "PUT", "/deactivate$"),
]

_BREVO = [
    Kind("the account", "GET", "/account$"),
    Kind("lists", "GET", "/contacts/lists$"),
    Kind("attributes", "GET", "/contacts/attributes$"),
    Kind("make an attribute", "POST", "/contacts/attributes/"),
    Kind("add choices", "PUT", "/contacts/attributes/"),
    Kind("all contacts", "GET", "/contacts$", "^(?!.*(modified|created)Since)"),
    Kind("changed contacts", "GET", "/contacts$", "modifiedSince"),
    Kind("add: hand in", "POST", "/contacts/import$"),
    Kind("add: ask", "GET", r"/processes/\d+$", asks_after_a_job=True),
    Kind("add: reports", "GET", r"\.csv$"),
    Kind("add: read back", "GET", "/contacts$", "createdSince"),
    Kind("change or unsubscribe", "POST", "/contacts/batch$"),
    Kind("change an address: look", "GET", r"/contacts/\d+$"),
    Kind("change an address", "PUT", r"/contacts/\d+$"),
]

_WECLAPP = [
    Kind("the user", "GET", "/user/currentUser$"),
    Kind("rights", "GET", "/system/permissions$"),
    Kind("weclapp's own connections", "GET", "/externalConnection$"),
    Kind("weclapp's own jobs", "GET", "/job/status$"),
    Kind("attributes", "GET", "/customAttributeDefinition$"),
    Kind("make an attribute", "POST", "/customAttributeDefinition$"),
    Kind("all parties", "GET", "/party$", "^(?!.*lastModifiedDate-ge)"),
    Kind("changed parties", "GET", "/party$", "lastModifiedDate-ge"),
    Kind("number of parties", "GET", "/party/count$"),
    Kind("set an opt-in", "PUT", r"/party/id/\d+$"),
    Kind("add a party", "POST", "/party$"),
]

KINDS: dict[str, list[Kind]] = {
    "mailchimp": _MAILCHIMP,
    "cleverreach": _CLEVERREACH,
    "brevo": _BREVO,
    "weclapp": _WECLAPP,
}
"""Plugin -> its kinds of requests, in the order of a day's work."""
