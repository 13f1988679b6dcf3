"""The four writes, each in the words of Mailman.

`pre_confirmed` and `pre_approved` are never sent: nobody confirms for her, or decides for the moderator.
`pre_verified` says that the address is hers. Where the list asks nobody, or a moderator, the CRM's opt-in says so;
without it Mailman would ask her all the same. Where the list asks her, that question stays open until she answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rundbrief.errors import ListUnknown, ProtocolError
from rundbrief.http import load
from rundbrief.models import ContactWrite, MailingList, Outcome, Reason, Result, SubscriberStatus
from rundbrief.session import Response, Session
from rundbrief_mailman.answers import can_have, described, found, last_part, policy_of, quoted, read, unexpected
from rundbrief_mailman.reading import DISPLAY_NAME, requests_of
from rundbrief_mailman.schemas import AddressSchema, BanSchema, MemberSchema, MembersSchema, TokenSchema

__all__ = ["confirm", "create", "update", "withdraw"]

TAKES_OUR_WORD = ("open", "moderate")
MODERATED = ("moderate", "confirm_then_moderate")

REFUSALS = {
    "Membership is banned": Reason.COMPLIANCE,
    'Invalid Parameter "subscriber": .': Reason.FAKE_OR_INVALID,
    "List posting address cannot subscribe": Reason.FAKE_OR_INVALID,
}


def create(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    is_hers = policy_of(session, mailing_list.id) in TAKES_OUR_WORD
    for write in batch:
        refusal = _why_not(session, mailing_list, write)
        if refusal:
            yield refusal
            continue
        response = session.http.post("/members", json=_sign_up(write, mailing_list, pre_verified=is_hers))
        outcome = _of_sign_up(write, response, Reason.NEW)
        if outcome.result is Result.DONE and write.fields.get(DISPLAY_NAME):
            # Where Mailman had the address already, from another list, the sign-up leaves its name alone.
            session.http.patch(f"/addresses/{quoted(write.address)}", json=_name(write), idempotent=True)
        yield outcome


def _why_not(session: Session, mailing_list: MailingList, write: ContactWrite) -> Outcome | None:
    """Look for a trace of somebody who left: Mailman forgets memberships, but no address.

    Whom it knows and has nowhere was on a list, and is there no longer. She may have left a moment ago, so nothing
    that we have read before can tell.
    """
    if not can_have(write.address):
        return Outcome(write.key, Result.REFUSED, Reason.FAKE_OR_INVALID)
    if _address(session, write.address) is None:
        return None
    memberships = _memberships(session, write.address)
    if any((row["list_id"], row["role"]) == (mailing_list.id, "member") for row in memberships):
        return Outcome(write.key, Result.REFUSED, Reason.ALREADY_EXISTS)
    if memberships:
        return None
    waiting = requests_of(session, mailing_list.id, request_type="subscription")
    if any(row["email"] == write.address.lower() for row in waiting):
        return Outcome(write.key, Result.REFUSED, Reason.ALREADY_EXISTS, status=SubscriberStatus.PENDING)
    detail = "Mailman knows the address, and has it on no list"
    return Outcome(write.key, Result.REFUSED, Reason.FORGOTTEN, detail)


def _address(session: Session, address: str) -> Any:
    """Return what Mailman knows of an address, None when it has never had it."""
    return found(session.http.get(f"/addresses/{quoted(address)}"), AddressSchema)


def _memberships(session: Session, address: str) -> list[Mapping[str, Any]]:
    """Return where an address is a member, an owner or the like. An asterisk in it would find others too."""
    answer = read(session.http.get("/members/find", params={"subscriber": address.lower()}), MembersSchema)
    return [row for row in answer["entries"] if row["email"] == address.lower()]


def confirm(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    """Invite: that asks by mail, whatever the list's policy becomes meanwhile, and whomever Mailman knows already.

    An invitation is approved as well, so where a moderator decides it is not ours to send.
    """
    is_moderated = policy_of(session, mailing_list.id) in MODERATED
    for write in batch:
        if is_moderated:
            detail = "a moderator decides about this list, and an invitation would pass her by"
            yield Outcome(write.key, Result.REFUSED, Reason.COMPLIANCE, detail)
            continue
        response = session.http.post("/members", json=_sign_up(write, mailing_list, invitation=True))
        yield _of_sign_up(write, response, Reason.CONFIRMATION_ASKED)


def _sign_up(write: ContactWrite, mailing_list: MailingList, **flags: bool) -> dict[str, Any]:
    return {"list_id": mailing_list.id, "subscriber": write.address, **_name(write), **flags}


def _name(write: ContactWrite) -> dict[str, str]:
    return {DISPLAY_NAME: str(write.fields[DISPLAY_NAME])} if DISPLAY_NAME in write.fields else {}


def _of_sign_up(write: ContactWrite, response: Response, done: Reason) -> Outcome:
    match response.status:
        case 201:
            member_id = last_part(response.headers.get("location", ""))
            return Outcome(
                write.key, Result.DONE, done, remote_id=member_id or None, status=SubscriberStatus.SUBSCRIBED
            )
        case 202:
            token = load(TokenSchema, response.json())["token"]
            return Outcome(write.key, Result.DONE, done, remote_id=token, status=SubscriberStatus.PENDING)
        case 409:
            return Outcome(write.key, Result.REFUSED, Reason.ALREADY_EXISTS)
        case 400:
            words = described(response)
            if words == "No such list":
                raise ListUnknown("Mailman has no such list any more.")
            return Outcome(write.key, Result.REFUSED, REFUSALS.get(words, Reason.UNKNOWN_REFUSAL))
    raise unexpected(response)


def update(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    for write in batch:
        result, reason = _update(session, mailing_list, write)
        yield Outcome(write.key, result, reason)


def _update(session: Session, mailing_list: MailingList, write: ContactWrite) -> tuple[Result, Reason]:
    # An address stays with Mailman when its owner has left, and takes names. Only a membership says who is there.
    member = _member(session, mailing_list, write.remote_id)
    if member is None:
        return Result.REFUSED, Reason.NOT_FOUND
    address = member["email"]
    if write.new_address and write.new_address.lower() != address:
        if refusal := _move(session, mailing_list, member, write.new_address):
            return Result.REFUSED, refusal
        address = write.new_address
    if DISPLAY_NAME in write.fields:
        path = f"/users/{last_part(member['user'])}" if _is_by_account(member) else f"/addresses/{quoted(address)}"
        if not _accepted(session.http.patch(path, json=_name(write), idempotent=True)):
            return Result.REFUSED, Reason.NOT_FOUND
    return Result.DONE, Reason.CHANGED


def _move(
    session: Session, mailing_list: MailingList, member: Mapping[str, Any], new_address: str
) -> Reason | None:
    """Give a membership another address; return why not, if not. Bans and doubles are not Mailman's to look at."""
    if _is_by_account(member):
        return Reason.UNKNOWN_REFUSAL
    if not can_have(new_address):
        return Reason.FAKE_OR_INVALID
    if found(session.http.get(f"/lists/{mailing_list.id}/bans/{quoted(new_address)}"), BanSchema):
        return Reason.COMPLIANCE
    if any(row["list_id"] == mailing_list.id for row in _memberships(session, new_address)):
        return Reason.ADDRESS_TAKEN
    user_id = last_part(member["user"])
    known = _address(session, new_address)
    if known is None or known["user"] is None:
        added = session.http.post(f"/users/{user_id}/addresses", json={"email": new_address})
        if added.status == 400:
            is_invalid = described(added) == "Invalid email address"
            return Reason.FAKE_OR_INVALID if is_invalid else Reason.ADDRESS_TAKEN
        if added.status != 201:
            raise unexpected(added)
    elif last_part(known["user"]) != user_id:
        return Reason.ADDRESS_TAKEN
    # A membership moves to verified addresses alone; that this one is hers is the CRM's word.
    _accepted(session.http.post(f"/addresses/{quoted(new_address)}/verify", idempotent=True))
    path, row = f"/members/{member['member_id']}", {"address": new_address.lower()}
    return None if _accepted(session.http.patch(path, json=row, idempotent=True)) else Reason.UNKNOWN_REFUSAL


def _is_by_account(member: Mapping[str, Any]) -> bool:
    """Tell whether she gets mail at the preferred address of her account: that one she chooses herself."""
    return bool(member["subscription_mode"] == "as_user")


def withdraw(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    """End memberships by their list, which says goodbye to nobody and waits for no moderator.

    Deleting a single member does both, if the list is set to. Requests go first: one that is accepted in between
    is a membership by then.
    """
    discarded = _discard_requests(session, mailing_list, {write.address.lower() for write in batch})
    ended = _end(session, mailing_list, [write.address for write in batch])
    for write in batch:
        address = write.address.lower()
        is_out = address in discarded or address in ended
        if not is_out and (member := _member(session, mailing_list, write.remote_id)):
            # She has another address since we read.
            is_out = bool(_end(session, mailing_list, [member["email"]]))
        # Who is not there has left before, here or there; Mailman does not know which.
        yield (
            Outcome(write.key, Result.DONE, Reason.WITHDRAWN_IN_CRM)
            if is_out or write.remote_id
            else Outcome(write.key, Result.REFUSED, Reason.NOT_FOUND)
        )


def _discard_requests(session: Session, mailing_list: MailingList, addresses: set[str]) -> set[str]:
    waiting = requests_of(session, mailing_list.id, request_type="subscription")
    wanted = [row for row in waiting if row["email"] in addresses]
    discarded = set()
    for row in wanted:
        path = f"/lists/{mailing_list.id}/requests/{row['token']}"
        if _accepted(session.http.post(path, json={"action": "discard"}, idempotent=True)):
            discarded.add(row["email"])
    return discarded


def _end(session: Session, mailing_list: MailingList, addresses: Sequence[str]) -> set[str]:
    """End the memberships of these addresses; return those that had one. Mailman compares letter by letter."""
    path = f"/lists/{mailing_list.id}/roster/member"
    response = session.http.request("DELETE", path, json={"emails": [one.lower() for one in addresses]})
    if response.status == 404:
        raise ListUnknown("Mailman has no such list any more.")
    answer = response.json()
    if response.status != 200 or not isinstance(answer, dict):
        raise unexpected(response)
    if not all(isinstance(answer.get(one.lower()), bool) for one in addresses):
        raise ProtocolError("Mailman did not say of everybody whether she was unsubscribed.")
    return {one.lower() for one in addresses if answer[one.lower()]}


def _member(session: Session, mailing_list: MailingList, remote_id: str | None) -> Mapping[str, Any] | None:
    """Return a membership; None when it has ended. The token of a request is no member's id."""
    member: Mapping[str, Any] | None = found(session.http.get(f"/members/{remote_id or 'nobody'}"), MemberSchema)
    return member if member and member["list_id"] == mailing_list.id else None


def _accepted(response: Response) -> bool:
    """Tell whether a change was made; 400 and 404 mean that it cannot be."""
    if response.status not in (204, 400, 404):
        raise unexpected(response)
    return response.status == 204
