"""Level *correct*, third room: what is written."""

from rundbrief.models import ContactKind, OptIn, OptInChange, PartyType
from rundbrief.testing.contract.rules import expect
from rundbrief.testing.crm_contract.bench import CrmBench
from rundbrief.testing.crm_contract.frame import CrmFrame
from rundbrief.testing.crm_contract.reading import UNUSUAL

__all__ = ["WritingCorrectly"]


class WritingCorrectly(CrmFrame):
    def test_c16_a_new_subscriber_becomes_a_contact(self, bench: CrmBench) -> None:
        """Each new subscriber becomes one contact, a person, with the address as spelt, the fields and the opt-in.

        The ids come in the order that was asked for, and lead to the contacts at once.

        Why: an import is how a newsletter's readers get into the CRM.
        """
        opt_in, other = bench.opt_in_field(), bench.opt_in_field()
        addresses = ["Maria@Example.org", "jörg@müller.example", bench.somebody()]
        values = [OptIn.YES, OptIn.YES, OptIn.NO]
        new = [
            bench.new_contact(one, opt_in, value, first_name=UNUSUAL, last_name=f"Nr. {number}")
            for number, (one, value) in enumerate(zip(addresses, values, strict=True))
        ]
        ids = bench.crm.create_contacts(new)
        expect(len(set(ids)) == len(new), "Not every new subscriber has a contact of her own.")
        found = bench.crm.by_ids(ids)
        expect(set(found) == set(ids), "A new contact is not found by its id at once.")
        for number, (contact_id, address, value) in enumerate(zip(ids, addresses, values, strict=True)):
            held = bench.held(contact_id)
            assert held is not None
            expect(held.email == address, "A new contact has another address than its subscriber.")
            expect(held.fields.get("first_name") == UNUSUAL, "A new contact's field holds something else.")
            expect(held.fields.get("last_name") == f"Nr. {number}", "The ids do not come in the order asked for.")
            expect(held.party is PartyType.PERSON, "A new subscriber becomes an organisation.")
            expect(held.kind is ContactKind.CONTACT, "A new subscriber becomes a customer or a lead.")
            expect(dict(held.opt_ins) == {opt_in.key: value}, "A new contact has other opt-ins than it should.")
            told = found[contact_id]
            expect(told.opt_in(opt_in.key).value is value, "A new contact is told with another opt-in.")
            expect(told.opt_in(other.key).value is OptIn.UNKNOWN, "A new contact has an opt-in that nobody gave.")
        expect(not bench.crm.create_contacts([]), "Nobody was to be created, and somebody was.")

    def test_c17_an_address_gets_no_second_contact(self, bench: CrmBench) -> None:
        """An address that has a contact, or comes twice in one call, gets no second one; the first is returned.

        In any spelling of capitals. Its opt-in is set where it was unknown.

        Why: another run, for another service, may have made the contact a moment ago.
        """
        opt_in = bench.opt_in_field()
        address, twice = bench.somebody(), bench.somebody()
        there = bench.users.add_contact(address)
        new = [bench.new_contact(one, opt_in) for one in (address.upper(), twice, twice.capitalize())]
        ids = bench.crm.create_contacts(new)
        expect(ids[0] == there, "The id of a contact that was there is not returned.")
        expect(ids[1] == ids[2], "An address that comes twice in one call gets two ids.")
        expect(bench.held_with(address) == [there], "An address that has a contact gets a second one.")
        expect(bench.held_with(twice) == [ids[1]], "An address that comes twice in one call gets two contacts.")
        for one in (there, ids[1]):
            held = bench.held(one)
            expect(held and held.opt_ins.get(opt_in.key) is OptIn.YES, "An opt-in that was unknown is not set.")

    def test_c18_opt_ins_are_set(self, bench: CrmBench) -> None:
        """Each change is made and not returned: yes, no, and unknown; several fields of one contact in one call.

        It is seen at once, and by every other process.

        Why: the next import takes what it reads for what is agreed.
        """
        first, second = bench.opt_in_field(), bench.opt_in_field()
        people = bench.contacts(3)
        changes = [
            bench.change(people[0], first),
            bench.change(people[0], second, OptIn.NO),
            bench.change(people[1], first, OptIn.NO),
            bench.change(people[2], second),
        ]
        _expect_set(bench, changes)
        _expect_set(
            bench,
            [
                bench.change(people[0], first, OptIn.NO, expected=OptIn.YES),
                bench.change(people[1], first, OptIn.YES, expected=OptIn.NO),
                bench.change(people[2], second, OptIn.UNKNOWN, expected=OptIn.YES),
            ],
        )
        expect(not bench.crm.set_opt_ins([]), "Nothing was to be set, and something was returned.")

    def test_c19_what_a_user_had_said_otherwise_is_not_set(self, bench: CrmBench) -> None:
        """A change whose `expected` no longer holds, or whose contact is gone, is returned; the others are made.

        Why: it was decided upon something that is not so any more, and has to be decided anew.
        """
        opt_in = bench.opt_in_field()
        said, deleted, fine, also = bench.contacts(4)
        bench.users.set_opt_in(said, opt_in.key, OptIn.NO)
        bench.everybody()
        bench.users.delete_contact(deleted)
        changes = [bench.change(one, opt_in) for one in (said, fine, deleted, also)]
        unmade = bench.crm.set_opt_ins(changes)
        expect(
            sorted(one.contact_id for one in unmade) == sorted([said, deleted]),
            "Other changes are returned than those that could not be made.",
        )
        held = bench.users.contacts()
        expect(held[said].opt_ins.get(opt_in.key) is OptIn.NO, "A user's no is overwritten.")
        expect(deleted not in held, "A deleted contact is made anew.")
        are_made = all(held[one].opt_ins.get(opt_in.key) is OptIn.YES for one in (fine, also))
        expect(are_made, "One change that cannot be made spoils the others.")


def _expect_set(bench: CrmBench, changes: list[OptInChange]) -> None:
    unmade = bench.crm.set_opt_ins(changes)
    expect(not unmade, f"{len(unmade)} of {len(changes)} changes are returned as not made.")
    held = bench.users.contacts()
    for one in changes:
        found = held[one.contact_id].opt_ins.get(one.key, OptIn.UNKNOWN)
        expect(found is one.opt_in.value, f"An opt-in that is set to {one.opt_in.value} is {found}.")
        for crm in (bench.crm, bench.open(), bench.open(bench.new_folder())):
            told = crm.by_ids([one.contact_id])[one.contact_id].opt_in(one.key).value
            expect(told is one.opt_in.value, f"An opt-in that is set to {one.opt_in.value} is told as {told}.")
