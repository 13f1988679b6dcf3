"""The consent decision against the rules of docs/explanation/consent.md: by example, and over every input."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rundbrief.consent import ConsentPolicy, Decision, Standing, combine, decide
from rundbrief.models import CrmOptIn, OptIn, Reason, SubscriberStatus, WriteKind

YES, NO, UNKNOWN = OptIn.YES, OptIn.NO, OptIn.UNKNOWN
SUBSCRIBED = SubscriberStatus.SUBSCRIBED
UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED
PENDING = SubscriberStatus.PENDING
NEVER = SubscriberStatus.NEVER
BOUNCED = SubscriberStatus.BOUNCED
ARCHIVED = SubscriberStatus.ARCHIVED
ABSENT = SubscriberStatus.ABSENT
GONE = SubscriberStatus.GONE

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)

POLICIES = [
    ConsentPolicy("hold", "push"),
    ConsentPolicy("hold", "report"),
    ConsentPolicy("confirm", "push"),
    ConsentPolicy("confirm", "report"),
]
DATES = (None, MONDAY, TUESDAY)


def standing(
    agreed: OptIn | None,
    crm: OptIn,
    service: SubscriberStatus,
    *,
    crm_since: datetime | None = None,
    service_since: datetime | None = None,
    withdrawn: bool = False,
) -> Standing:
    return Standing(agreed, CrmOptIn(crm, crm_since), service, service_since, withdrawn)


def every_standing() -> Iterator[Standing]:
    """Yield each input there is, with dates before, after and unknown."""
    for agreed, crm, service, crm_since, service_since, withdrawn in product(
        (None, YES, NO), OptIn, SubscriberStatus, DATES, DATES, (False, True)
    ):
        yield standing(agreed, crm, service, crm_since=crm_since, service_since=service_since, withdrawn=withdrawn)


def every_case() -> Iterator[tuple[Standing, ConsentPolicy, Decision]]:
    for one, policy in product(every_standing(), POLICIES):
        yield one, policy, decide(one, policy)


def _was_noted_before(one: Standing) -> bool:
    """A withdrawal of the CRM's that the service was never told of, by a contact that is gone since."""
    return one.crm.value is UNKNOWN and one.withdrawn and one.agreed is YES


def after(one: Standing, decision: Decision, arrived_as: SubscriberStatus = SUBSCRIBED) -> Standing:
    """Return what stands once the decision was carried out on both sides.

    `arrived_as` is what a service makes of a create: subscribed, or pending where it wants a confirmation.
    """
    became = {
        WriteKind.CREATE: arrived_as,
        WriteKind.WITHDRAW: UNSUBSCRIBED,
        WriteKind.CONFIRM: PENDING,
    }
    return replace(
        one,
        agreed=decision.agreed,
        crm=one.crm if decision.crm is None else replace(one.crm, value=decision.crm),
        service=one.service if decision.service is None else became.get(decision.service, one.service),
        withdrawn=decision.withdrawn,
    )


class TestFirstImport:
    """Nothing is agreed yet: the service leads."""

    @pytest.mark.parametrize("crm", [UNKNOWN, NO])
    def test_a_subscriber_becomes_an_opt_in(self, crm: OptIn) -> None:
        decision = decide(standing(None, crm, SUBSCRIBED))
        assert (decision.crm, decision.agreed, decision.reason) == (YES, YES, Reason.OPTED_IN)

    @pytest.mark.parametrize("crm", OptIn)
    def test_an_opt_out_becomes_a_no(self, crm: OptIn) -> None:
        decision = decide(standing(None, crm, UNSUBSCRIBED))
        assert (decision.crm, decision.service, decision.agreed) == (NO, None, NO)
        assert decision.withdrawn

    def test_a_no_dated_after_the_opt_in_is_a_withdrawal(self) -> None:
        decision = decide(standing(None, NO, SUBSCRIBED, crm_since=TUESDAY, service_since=MONDAY))
        assert (decision.service, decision.reason) == (WriteKind.WITHDRAW, Reason.WITHDRAWN_IN_CRM)

    @pytest.mark.parametrize(
        ("crm_since", "service_since"),
        [(MONDAY, TUESDAY), (MONDAY, MONDAY), (None, MONDAY), (TUESDAY, None), (None, None)],
    )
    def test_a_no_of_any_other_date_gives_way(
        self, crm_since: datetime | None, service_since: datetime | None
    ) -> None:
        decision = decide(standing(None, NO, SUBSCRIBED, crm_since=crm_since, service_since=service_since))
        assert decision.crm is YES

    def test_a_no_that_the_journal_knows_is_a_withdrawal(self) -> None:
        decision = decide(standing(None, NO, SUBSCRIBED, withdrawn=True))
        assert decision.service is WriteKind.WITHDRAW


class TestOneSideChanged:
    def test_an_unsubscribe_at_the_service_clears_the_crm(self) -> None:
        decision = decide(standing(YES, YES, UNSUBSCRIBED))
        assert decision == Decision(Reason.OPTED_OUT, crm=NO, agreed=NO, withdrawn=True)

    def test_a_new_opt_in_at_the_service_lifts_the_withdrawal(self) -> None:
        decision = decide(standing(NO, NO, SUBSCRIBED, withdrawn=True))
        assert decision == Decision(Reason.OPTED_IN, YES, WriteKind.UPDATE, YES, withdrawn=False)

    def test_a_withdrawal_in_the_crm_unsubscribes_at_the_service(self) -> None:
        decision = decide(standing(YES, NO, SUBSCRIBED))
        assert decision == Decision(Reason.WITHDRAWN_IN_CRM, NO, WriteKind.WITHDRAW, NO, withdrawn=True)

    def test_a_withdrawal_in_the_crm_may_only_be_reported(self) -> None:
        decision = decide(standing(YES, NO, SUBSCRIBED), ConsentPolicy(withdrawals="report"))
        assert decision == Decision(Reason.WITHDRAWAL_REPORTED, agreed=YES, held=True, withdrawn=True)

    def test_an_opt_in_field_that_is_cleared_is_no_withdrawal(self) -> None:
        assert decide(standing(YES, UNKNOWN, SUBSCRIBED)).crm is YES

    def test_a_pending_person_who_withdraws_cannot_come_in_by_a_late_click(self) -> None:
        assert decide(standing(YES, NO, PENDING)).service is WriteKind.WITHDRAW

    @pytest.mark.parametrize("agreed", [None, NO])
    def test_a_pending_person_who_signed_up_after_her_no_may_still_confirm(self, agreed: OptIn | None) -> None:
        decision = decide(standing(agreed, NO, PENDING, withdrawn=True))
        assert decision == Decision(Reason.NOT_CONFIRMED, agreed=agreed, withdrawn=True)

    def test_a_new_address_with_an_opt_in_is_created(self) -> None:
        decision = decide(standing(None, YES, ABSENT))
        assert decision == Decision(Reason.NEW, YES, WriteKind.CREATE, YES)

    def test_agreement_lets_only_data_flow(self) -> None:
        decision = decide(standing(YES, YES, SUBSCRIBED))
        assert decision == Decision(Reason.CHANGED, YES, WriteKind.UPDATE, YES)


class TestOptingInAgainInTheCrm:
    """The CRM says yes after a withdrawal at the service: it may not decide that alone."""

    def test_it_is_held(self) -> None:
        decision = decide(standing(NO, YES, UNSUBSCRIBED, withdrawn=True))
        assert decision == Decision(Reason.WITHDRAWN_AT_SERVICE, agreed=NO, held=True, withdrawn=True)

    def test_or_the_person_is_asked(self) -> None:
        decision = decide(standing(NO, YES, UNSUBSCRIBED, withdrawn=True), ConsentPolicy(reconsent="confirm"))
        assert decision == Decision(
            Reason.CONFIRMATION_ASKED, service=WriteKind.CONFIRM, agreed=NO, withdrawn=True
        )

    def test_who_was_asked_stays_out_until_she_confirms(self) -> None:
        policy = ConsentPolicy(reconsent="confirm")
        before = standing(NO, YES, UNSUBSCRIBED, withdrawn=True)
        asked = after(before, decide(before, policy))
        waiting = decide(asked, policy)
        assert (waiting.service, waiting.reason, waiting.withdrawn) == (None, Reason.NOT_CONFIRMED, True)
        confirmed = decide(replace(asked, service=SUBSCRIBED), policy)
        assert (confirmed.agreed, confirmed.withdrawn) == (YES, False)

    @pytest.mark.parametrize("service", [ABSENT, GONE])
    @pytest.mark.parametrize("agreed", [None, NO])
    def test_a_recipient_deleted_at_the_service_does_not_come_back(
        self, service: SubscriberStatus, agreed: OptIn | None
    ) -> None:
        decision = decide(standing(agreed, YES, service, withdrawn=True))
        assert (decision.service, decision.held, decision.withdrawn) == (None, True, True)


class TestGone:
    def test_who_was_opted_in_and_vanished_is_withdrawn(self) -> None:
        decision = decide(standing(YES, YES, GONE))
        assert decision == Decision(Reason.GONE, crm=NO, agreed=NO, withdrawn=True)


class TestANoThatTheServiceWasNotTold:
    """The CRM withdrew while nothing could be sent: the recipient was bounced, archived, or the service away."""

    @pytest.mark.parametrize("service", [SubscriberStatus.BOUNCED, SubscriberStatus.ARCHIVED])
    def test_it_is_kept_though_nothing_is_written(self, service: SubscriberStatus) -> None:
        decision = decide(Standing(YES, CrmOptIn(NO), service))
        assert decision.service is None
        assert decision.withdrawn
        assert decision.agreed is YES

    def test_it_outlives_its_contact(self) -> None:
        decision = decide(Standing(YES, CrmOptIn(UNKNOWN), SUBSCRIBED, withdrawn=True))
        assert decision.service is WriteKind.WITHDRAW
        assert decision.crm is not YES

    def test_an_old_no_holds_back_an_address_the_service_does_not_have(self) -> None:
        decision = decide(Standing(NO, CrmOptIn(YES), SubscriberStatus.ABSENT))
        assert decision.service is None
        assert decision.held


class TestOverEveryInput:
    def test_no_write_but_a_create_ever_goes_to_an_address_the_service_does_not_have(self) -> None:
        for one, policy, decision in every_case():
            if one.service in (ABSENT, GONE):
                assert decision.service in (None, WriteKind.CREATE), (one, policy)

    def test_create_needs_an_absent_address_an_opt_in_and_no_withdrawal(self) -> None:
        for one, policy, decision in every_case():
            if decision.service is WriteKind.CREATE:
                assert (one.service, one.crm.value, one.withdrawn) == (ABSENT, YES, False), (one, policy)

    def test_data_goes_only_to_subscribers(self) -> None:
        for one, policy, decision in every_case():
            if decision.service is WriteKind.UPDATE:
                assert one.service is SUBSCRIBED, (one, policy)

    def test_nobody_is_asked_who_did_not_withdraw_there_or_whose_policy_forbids_it(self) -> None:
        for one, policy, decision in every_case():
            if decision.service is WriteKind.CONFIRM:
                assert (one.service, one.crm.value, policy.reconsent) == (UNSUBSCRIBED, YES, "confirm"), one

    def test_only_a_crm_no_unsubscribes_and_only_where_mail_could_follow(self) -> None:
        for one, policy, decision in every_case():
            if decision.service is WriteKind.WITHDRAW:
                assert one.crm.value is NO or _was_noted_before(one), one
                assert policy.withdrawals == "push", one
                assert one.service in (SUBSCRIBED, PENDING), one

    def test_an_opt_in_is_never_invented_in_the_crm(self) -> None:
        for one, policy, decision in every_case():
            if decision.crm is YES and one.crm.value is not YES:
                assert one.service is SUBSCRIBED, (one, policy)

    def test_a_no_reaches_the_crm_only_from_a_no_or_a_loss(self) -> None:
        for one, policy, decision in every_case():
            if decision.crm is NO and one.crm.value is not NO:
                assert one.service in (UNSUBSCRIBED, GONE) or _was_noted_before(one), (one, policy)

    def test_both_sides_never_agree_on_yes_while_the_service_says_something_else(self) -> None:
        for one, policy, decision in every_case():
            if decision.agreed is YES and one.agreed is not YES:
                assert one.service is SUBSCRIBED or decision.service is WriteKind.CREATE, (one, policy)

    def test_no_baseline_is_ever_unknown_and_none_is_lost(self) -> None:
        for one, policy, decision in every_case():
            assert decision.agreed is not UNKNOWN, (one, policy)
            assert decision.agreed is not None or one.agreed is None, (one, policy)

    def test_a_withdrawal_on_record_ends_only_with_a_yes_of_both_sides(self) -> None:
        for one, policy, decision in every_case():
            if one.withdrawn and not decision.withdrawn:
                assert (one.service, decision.crm, decision.agreed) == (SUBSCRIBED, YES, YES), (one, policy)

    def test_every_opt_out_at_the_service_goes_on_record(self) -> None:
        for one, policy, decision in every_case():
            if one.service is UNSUBSCRIBED:
                assert decision.withdrawn, (one, policy)

    def test_every_baseline_of_no_goes_on_record(self) -> None:
        for one, policy, decision in every_case():
            if decision.agreed is NO and one.agreed is not NO:
                assert decision.withdrawn, (one, policy)

    def test_what_is_held_is_not_written(self) -> None:
        for one, policy, decision in every_case():
            if decision.held:
                assert (decision.crm, decision.service) == (None, None), (one, policy)

    def test_a_crm_yes_that_has_no_effect_is_held_for_a_person_to_see(self) -> None:
        for one, policy, decision in every_case():
            if one.crm.value is YES and decision.crm is None and decision.service is None:
                assert decision.held, (one, policy)

    @pytest.mark.parametrize("arrived_as", [SUBSCRIBED, PENDING])
    def test_a_decision_carried_out_has_nothing_left_to_do(self, arrived_as: SubscriberStatus) -> None:
        for one, policy, decision in every_case():
            settled = after(one, decision, arrived_as)
            again = decide(settled, policy)
            assert again.crm in (None, settled.crm.value), (one, policy)
            assert again.service in (None, WriteKind.UPDATE), (one, policy)
            assert (again.agreed, again.withdrawn) == (settled.agreed, settled.withdrawn), (one, policy)

    def test_a_decision_cut_off_between_two_effects_ends_in_the_same_place(self) -> None:
        for one, policy, decision in every_case():
            if one.agreed is NO and not one.withdrawn:
                continue  # no decision leaves that behind: every baseline of no goes on record
            settled = after(one, decision)
            for cut_off in (replace(one, crm=settled.crm), replace(one, service=settled.service)):
                resumed = after(cut_off, decide(cut_off, policy))
                assert resumed == settled, (one, policy, cut_off)


CRM_EDIT = st.sampled_from(OptIn)
AT_THE_SERVICE = st.sampled_from([one for one in SubscriberStatus if one is not NEVER])


@given(
    story=st.lists(CRM_EDIT | AT_THE_SERVICE | st.booleans(), max_size=15),
    policy=st.sampled_from(POLICIES),
)
def test_no_story_brings_mail_to_somebody_whose_no_a_run_has_seen(
    story: list[OptIn | SubscriberStatus | bool], policy: ConsentPolicy
) -> None:
    """A CRM edit, something at the service, or a run (True where a create arrives as subscribed), in any order.

    The service may even forget the address, and pass for one that never had it.
    """
    now = standing(None, UNKNOWN, ABSENT)
    said_no = False
    for event in story:
        match event:
            case OptIn():
                now = replace(now, crm=CrmOptIn(event))
            case SubscriberStatus():
                now = replace(now, service=event)
                said_no = said_no and event is not SUBSCRIBED
            case bool():
                decision = decide(now, policy)
                assert not (said_no and decision.service is WriteKind.CREATE)
                now = after(now, decision, SUBSCRIBED if event else PENDING)
                said_no = said_no or now.service is UNSUBSCRIBED


contact_opt_ins = st.builds(
    CrmOptIn,
    value=st.sampled_from(OptIn),
    since=st.none() | st.integers(0, 10_000).map(lambda hours: MONDAY + timedelta(hours=hours)),
    source=st.sampled_from(["", "form", "import"]),
)
opt_ins_in_two_orders = st.lists(contact_opt_ins, min_size=1).flatmap(
    lambda opt_ins: st.tuples(st.just(opt_ins), st.permutations(opt_ins))
)


class TestSharedAddress:
    @given(st.lists(contact_opt_ins))
    def test_one_no_outweighs_every_yes(self, opt_ins: list[CrmOptIn]) -> None:
        values = {opt_in.value for opt_in in opt_ins}
        expected = NO if NO in values else YES if YES in values else UNKNOWN
        assert combine(opt_ins).value is expected

    @given(
        st.lists(contact_opt_ins, min_size=1).flatmap(lambda one: st.tuples(st.just(one), st.permutations(one)))
    )
    def test_the_order_of_the_contacts_does_not_matter(self, both: tuple[list[CrmOptIn], list[CrmOptIn]]) -> None:
        one, other = map(combine, both)
        assert (one.value, one.since) == (other.value, other.since)

    @given(st.lists(contact_opt_ins, min_size=1))
    def test_the_evidence_is_the_newest_of_that_value(self, opt_ins: list[CrmOptIn]) -> None:
        chosen = combine(opt_ins)
        dates = [one.since for one in opt_ins if one.value is chosen.value and one.since]
        assert chosen in opt_ins
        assert chosen.since == max(dates, default=None)

    def test_no_contact_at_all_is_unknown(self) -> None:
        assert combine([]) == CrmOptIn()
