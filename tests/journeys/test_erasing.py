"""Somebody is erased: at no service does her no end with that, until she signs up again herself."""

from pathlib import Path

import pytest
from journeys.conftest import CONNECTION, Desk

from rundbrief.models import OptIn, SubscriberStatus

ANN = "ann@example.org"
MAILED = (SubscriberStatus.SUBSCRIBED, SubscriberStatus.PENDING)

PAIRS = [("mailchimp", "local"), ("cleverreach", "weclapp"), ("brevo", "local")]


@pytest.mark.parametrize(("service_name", "crm_name"), PAIRS)
def test_the_no_of_somebody_erased_holds_until_she_comes_back(desk: Desk) -> None:
    desk.sign_up(ANN, first_name="Ann")
    desk.sign_up("bob@example.org", first_name="Bob")
    desk.imports()
    assert desk.contact(ANN).opt_ins[desk.key()] is OptIn.YES

    found = desk.json("erase", ANN, "--yes")
    assert {one["answer"] for one in found["services"]} <= {"erased", "not there", "unsubscribed"}
    assert desk.status(ANN) not in MAILED
    assert desk.status("bob@example.org") is SubscriberStatus.SUBSCRIBED
    assert desk.contact(ANN).opt_ins[desk.key()] is OptIn.NO
    assert ANN.encode() not in b"".join(path.read_bytes() for path in Path().glob("rundbrief.db*"))

    # Whatever is set in the CRM, and whatever the service still knows, nobody mails her.
    desk.crm.set_opt_in(_id(desk), desk.key(), OptIn.YES)
    assert desk.export().get(("held", "gone")) == 1
    desk.tally("import", CONNECTION, "--full")
    desk.export()
    assert desk.status(ANN) not in MAILED

    desk.sign_up(ANN, first_name="Ann")
    desk.imports()
    assert desk.contact(ANN).opt_ins[desk.key()] is OptIn.YES
    desk.export()
    assert desk.status(ANN) is SubscriberStatus.SUBSCRIBED


def _id(desk: Desk) -> str:
    [found] = [key for key, one in desk.crm.contacts().items() if one.email == ANN]
    return found
