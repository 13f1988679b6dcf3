"""Traps around consent: who becomes active by what, and who is forgotten."""

from typing import Any

import pytest

from rundbrief.models import SubscriberStatus
from rundbrief.testing.sandbox import NotOffered

JO = "jo@example.org"


# --- new receivers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["insert", "upsert"])
def test_a_new_row_without_times_is_active(api: Any, now: int, way: str) -> None:
    """Trap: a plain write of data subscribes somebody who never asked for it."""
    getattr(api, way)({"email": JO, "global_attributes": {"firstname": "Jo"}})
    receiver = api.receiver(JO)
    assert (receiver["active"], receiver["registered"], receiver["activated"]) == (True, now, now)
    assert api.status(JO) is SubscriberStatus.SUBSCRIBED


def test_a_single_post_without_times_is_active_too(api: Any) -> None:
    assert api.post(api.receivers, json={"email": JO}).json()["active"] is True


def test_registered_alone_does_not_keep_a_new_row_inactive(api: Any) -> None:
    api.insert({"email": JO, "registered": 1_600_000_000})
    assert api.receiver(JO)["active"] is True


def test_activated_zero_keeps_a_new_row_inactive(api: Any, now: int) -> None:
    api.insert({"email": JO, "activated": 0})
    assert api.receiver(JO)["active"] is False
    assert api.status(JO) is SubscriberStatus.PENDING
    api.update({"email": JO, "activated": now})
    assert api.receiver(JO)["active"] is True


def test_the_times_of_an_opt_in_are_kept(api: Any) -> None:
    api.insert({"email": JO, "registered": 1_600_000_000, "activated": "1600000060", "source": "weclapp"})
    receiver = api.receiver(JO)
    assert (receiver["registered"], receiver["activated"], receiver["deactivated"]) == (
        1_600_000_000,
        1_600_000_060,
        0,
    )
    held = api.box.recipients(api.list_id)[JO]
    assert (held.evidence.at.timestamp(), held.evidence.source) == (1_600_000_060, "weclapp")


# --- deactivated ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["update", "upsert"])
def test_activated_does_not_lift_an_unsubscribe(api: Any, clock: Any, now: int, way: str) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    clock.advance(60)
    getattr(api, way)({"email": JO, "activated": now + 60})
    receiver = api.receiver(JO)
    assert (receiver["active"], receiver["activated"], receiver["deactivated"]) == (False, now, now)
    assert api.status(JO) is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("way", ["update", "upsert"])
@pytest.mark.parametrize("zero", [0, "0"])
def test_deactivated_zero_reactivates(api: Any, way: str, zero: Any) -> None:
    """Trap: published integrations send it with every row."""
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    getattr(api, way)({"email": JO, "deactivated": zero})
    assert api.receiver(JO)["active"] is True


def test_deactivated_zero_and_activated_together_reactivate(api: Any, now: int) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    api.upsert({"email": JO, "registered": now, "activated": now, "deactivated": 0})
    assert api.receiver(JO)["active"] is True


def test_deactivated_zero_makes_even_somebody_active_who_left_unconfirmed(careful: Any) -> None:
    careful.box.subscribe(careful.list_id, JO)
    careful.box.unsubscribe(careful.list_id, JO)
    careful.update({"email": JO, "deactivated": 0})
    assert careful.receiver(JO)["active"] is True


def test_deactivated_zero_does_not_confirm(careful: Any) -> None:
    careful.box.subscribe(careful.list_id, JO)
    careful.update({"email": JO, "deactivated": 0})
    assert careful.status(JO) is SubscriberStatus.PENDING


@pytest.mark.parametrize("spelling", ["activate", "setactive"])
def test_activate_reactivates(api: Any, spelling: str) -> None:
    """Trap."""
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    assert api.put(f"{api.at(JO)}/{spelling}").json() is True
    assert api.receiver(JO)["active"] is True


@pytest.mark.parametrize("spelling", ["deactivate", "setinactive"])
def test_deactivate_is_an_unsubscribe(api: Any, clock: Any, now: int, spelling: str) -> None:
    api.insert({"email": JO})
    assert api.put(f"{api.at(JO)}/{spelling}").json() is True
    clock.advance(60)
    assert api.put(f"{api.at(JO)}/{spelling}").json() is True
    assert api.receiver(JO)["deactivated"] == now
    assert api.status(JO) is SubscriberStatus.UNSUBSCRIBED


def test_activated_zero_is_no_recorded_withdrawal(api: Any, now: int) -> None:
    """Trap: it looks like a double opt-in that was never confirmed, and can be undone by `activated`."""
    api.insert({"email": JO})
    api.update({"email": JO, "activated": 0})
    assert api.status(JO) is SubscriberStatus.PENDING
    api.update({"email": JO, "activated": now})
    assert api.status(JO) is SubscriberStatus.SUBSCRIBED


def test_data_of_who_left_can_be_written_without_times(api: Any) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    api.update({"email": JO, "global_attributes": {"firstname": "Jo"}, "registered": None, "activated": None})
    receiver = api.receiver(JO)
    assert (receiver["active"], receiver["global_attributes"]["firstname"]) == (False, "Jo")


# --- bounces and deletion ---------------------------------------------------------------------------------


def test_a_bounced_receiver_stays_inactive(api: Any, now: int) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.bounce(api.list_id, JO)
    api.put(f"{api.at(JO)}/activate")
    api.upsert({"email": JO, "activated": now, "deactivated": 0})
    receiver = api.receiver(JO)
    assert (receiver["active"], receiver["bounced"], receiver["activated"]) == (False, now, now)
    assert api.status(JO) is SubscriberStatus.BOUNCED


def test_who_bounced_and_left_counts_as_left(api: Any) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.bounce(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    assert api.status(JO) is SubscriberStatus.UNSUBSCRIBED


def test_deleting_forgets_the_unsubscribe(api: Any) -> None:
    """Trap: imported again, the same address is active."""
    api.box.subscribe(api.list_id, JO)
    first = api.receiver(JO)["id"]
    api.box.unsubscribe(api.list_id, JO)
    assert api.delete(api.at(JO)).json() is True
    assert api.get(api.at(JO)).status_code == api.get(api.at("never@example.org")).status_code == 404
    assert api.status(JO) is SubscriberStatus.ABSENT
    api.insert({"email": JO})
    receiver = api.receiver(JO)
    assert receiver["active"] is True
    assert receiver["id"] != first


def test_there_is_no_archive(api: Any) -> None:
    with pytest.raises(NotOffered):
        api.box.archive(api.list_id, JO)


def test_two_lists_have_a_state_each(api: Any, careful: Any) -> None:
    for one in (api, careful):
        one.insert({"email": JO})
    api.box.unsubscribe(api.list_id, JO)
    assert careful.receiver(JO)["active"] is True


# --- what persons do --------------------------------------------------------------------------------------


def test_a_form_with_double_opt_in_waits_for_the_click(careful: Any, clock: Any, now: int) -> None:
    careful.box.subscribe(careful.list_id, JO, {"firstname": "Jo"})
    receiver = careful.receiver(JO)
    assert (receiver["registered"], receiver["activated"], receiver["active"]) == (now, 0, False)
    assert careful.status(JO) is SubscriberStatus.PENDING
    assert careful.box.confirmation_mails == [JO]
    clock.advance(60)
    careful.box.confirm(careful.list_id, JO)
    receiver = careful.receiver(JO)
    assert (receiver["registered"], receiver["activated"], receiver["active"]) == (now, now + 60, True)


def test_a_click_without_a_mail_does_nothing(careful: Any) -> None:
    careful.insert({"email": JO, "activated": 0})
    careful.box.confirm(careful.list_id, JO)
    assert careful.status(JO) is SubscriberStatus.PENDING


def test_who_left_unconfirmed_is_not_confirmed_by_the_old_mail(careful: Any) -> None:
    careful.box.subscribe(careful.list_id, JO)
    careful.box.unsubscribe(careful.list_id, JO)
    careful.box.confirm(careful.list_id, JO)
    assert careful.status(JO) is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("act", ["unsubscribe", "complain"])
def test_a_form_is_the_persons_own_way_back(api: Any, act: str) -> None:
    api.box.subscribe(api.list_id, JO)
    getattr(api.box, act)(api.list_id, JO)
    assert api.status(JO) is SubscriberStatus.UNSUBSCRIBED
    api.box.subscribe(api.list_id, JO)
    assert api.receiver(JO)["active"] is True
    assert api.get("/blacklist").json() == []
    assert api.status(JO) is SubscriberStatus.SUBSCRIBED


@pytest.mark.parametrize("act", ["unsubscribe", "complain"])
def test_with_double_opt_in_the_withdrawal_stands_until_the_click(careful: Any, act: str) -> None:
    """Anybody can type her address into a form."""
    careful.box.subscribe(careful.list_id, JO)
    careful.box.confirm(careful.list_id, JO)
    getattr(careful.box, act)(careful.list_id, JO)
    careful.box.subscribe(careful.list_id, JO)
    assert careful.status(JO) is SubscriberStatus.UNSUBSCRIBED
    assert careful.box.confirmation_mails == [JO, JO]
    careful.box.confirm(careful.list_id, JO)
    assert careful.status(JO) is SubscriberStatus.SUBSCRIBED


def test_who_is_active_and_signs_up_again_gets_no_mail(careful: Any) -> None:
    careful.insert({"email": JO})
    careful.box.subscribe(careful.list_id, JO, {"firstname": "New"})
    assert careful.box.confirmation_mails == []
    assert careful.receiver(JO)["global_attributes"]["firstname"] == "New"


def test_a_form_asks_for_attributes_that_exist(api: Any) -> None:
    with pytest.raises(LookupError, match="no attribute 'shoe_size'"):
        api.box.subscribe(api.list_id, JO, {"shoe_size": "44"})
    api.box.add_attribute("Shoe size", "number", list_id=api.list_id)
    api.box.subscribe(api.list_id, JO, {"shoe_size": "44", "lastname": "Huber"})
    assert api.box.recipients(api.list_id)[JO].fields == {"shoe_size": "44", "lastname": "Huber"}


def test_an_act_of_nobody_is_an_error(api: Any) -> None:
    for act in ("confirm", "unsubscribe", "complain", "bounce", "block", "delete"):
        with pytest.raises(LookupError):
            getattr(api.box, act)(api.list_id, JO)
    with pytest.raises(LookupError):
        api.box.subscribe("7", JO)


# --- forms by the API -------------------------------------------------------------------------------------

PROOF = {"user_ip": "198.51.100.9", "referer": "https://example.org", "user_agent": "Browser"}


def send(api: Any, address: str, proof: Any = PROOF) -> Any:
    (form,) = api.get(f"{api.list}/forms").json()
    return api.post(f"/forms/{form['id']}/send/activate", json={"email": address, "doidata": proof})


def test_a_confirmation_mail_goes_to_an_inactive_receiver(api: Any) -> None:
    api.insert({"email": JO, "activated": 0})
    assert send(api, JO).json() == JO
    assert api.status(JO) is SubscriberStatus.PENDING
    api.box.confirm(api.list_id, JO)
    assert api.status(JO) is SubscriberStatus.SUBSCRIBED


def test_a_confirmation_mail_does_not_change_a_withdrawal_but_its_click_does(api: Any) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    assert send(api, JO).is_success
    assert api.status(JO) is SubscriberStatus.UNSUBSCRIBED
    api.box.confirm(api.list_id, JO)
    assert api.status(JO) is SubscriberStatus.SUBSCRIBED


def test_no_confirmation_mail_for_who_is_active_unknown_or_blacklisted(api: Any) -> None:
    assert send(api, JO).status_code == 404
    assert api.post("/forms/7/send/activate", json={"email": JO, "doidata": PROOF}).status_code == 404
    api.insert({"email": JO})
    assert send(api, JO).status_code == 400
    api.put(f"{api.at(JO)}/deactivate")
    assert send(api, JO, {"user_ip": "198.51.100.9"}).status_code == 400
    api.box.block(api.list_id, JO)
    assert send(api, JO).is_success
    assert api.box.confirmation_mails == []
