"""Every code has its words."""

import pytest

from rundbrief.cli.wording import HEADINGS, OPT_IN, SENTENCES, STATUS, done_phrase, mail_sentence
from rundbrief.consent import Standing, decide
from rundbrief.models import CrmOptIn, OptIn, Reason, Result, SubscriberStatus


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_is_a_sentence(reason: Reason) -> None:
    sentence = SENTENCES[reason]
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert len(sentence) < 100


def test_no_two_reasons_read_alike() -> None:
    assert len(set(SENTENCES.values())) == len(Reason)


def test_every_state_has_a_word() -> None:
    assert set(OPT_IN) == set(OptIn)
    assert set(STATUS) == set(SubscriberStatus)
    assert set(HEADINGS) == set(Result) - {Result.DONE}


def test_a_new_subscriber_becomes_a_contact_but_a_new_contact_is_added() -> None:
    assert done_phrase("import", Reason.NEW_CONTACT).counted(2) == "became new contacts"
    assert done_phrase("export", Reason.NEW).counted(1) == "added"


def sentence_for(
    status: SubscriberStatus, crm: OptIn, agreed: OptIn | None = None, *, withdrawn: bool = False
) -> str:
    standing = Standing(agreed, CrmOptIn(crm), status, withdrawn=withdrawn)
    return mail_sentence(status, crm, decide(standing))


@pytest.mark.parametrize("status", SubscriberStatus)
@pytest.mark.parametrize("crm", OptIn)
def test_it_is_always_said_whether_mail_is_sent(status: SubscriberStatus, crm: OptIn) -> None:
    gets_mail = sentence_for(status, crm).startswith("Gets mail")
    assert gets_mail == (status is SubscriberStatus.SUBSCRIBED)


def test_who_left_and_is_ticked_again_in_the_crm_reads_why_nothing_is_sent() -> None:
    sentence = sentence_for(SubscriberStatus.UNSUBSCRIBED, OptIn.YES, OptIn.NO, withdrawn=True)
    assert "has unsubscribed" in sentence
    assert "held back" in sentence
    assert "Only that person can come back" in sentence


def test_a_no_in_the_crm_announces_the_unsubscribe() -> None:
    assert "unsubscribes" in sentence_for(SubscriberStatus.SUBSCRIBED, OptIn.NO, OptIn.YES)


def test_a_new_opt_in_announces_the_addition() -> None:
    assert "adds the address" in sentence_for(SubscriberStatus.ABSENT, OptIn.YES)
