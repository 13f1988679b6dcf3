"""Level *correct*, second room: what is read."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from rundbrief.errors import InputError
from rundbrief.fields import FieldType
from rundbrief.models import Contact, ContactKind, FieldValue, OptIn, OptInField, PartyType, Selection, address_key
from rundbrief.testing.contract.rules import expect
from rundbrief.testing.crm_contract.bench import CrmBench
from rundbrief.testing.crm_contract.frame import CrmFrame

__all__ = ["TYPED", "UNUSUAL", "ReadingCorrectly"]

UNUSUAL = 'Žofie „Jörd\u00efs“ O\'Neill; "x", <b> & 007 🙂'

TYPED: dict[FieldType, FieldValue] = {
    FieldType.TEXT: UNUSUAL,
    FieldType.NUMBER: Decimal("12.5"),
    FieldType.BOOLEAN: True,
    FieldType.DATE: date(1980, 2, 29),
}

ADDRESSES = ("plus+tag@example.org", "O'Neill@Example.org", "jörg@müller.example", "percent%41@example.org")


class ReadingCorrectly(CrmFrame):
    def test_c06_a_check_names_the_account(self, bench: CrmBench) -> None:
        """`check` returns what to call the CRM by, and `warnings` sentences; both change nothing.

        Why: `rundbrief connections check` is the first thing that somebody runs, and who reads its answer has to
        recognise the tenant.
        """
        before = bench.users.contacts()
        name: object = bench.crm.check()
        expect(isinstance(name, str) and name.strip(), "`check` gives the CRM no name.")
        warnings: object = bench.crm.warnings(["mailchimp"])
        is_told = isinstance(warnings, list | tuple) and all(one and isinstance(one, str) for one in warnings)
        expect(is_told, "`warnings` returns something else than sentences.")
        expect(bench.users.contacts() == before, "A check changes something.")

    def test_c07_opt_in_fields_are_found_again_by_their_keys(self, bench: CrmBench) -> None:
        """An opt-in field is made once, with the list's name as its label; a new name is taken over.

        Two lists of one name stay two fields, also for another process; names are any text.

        Why: lists are renamed and doubled. A field that is found by its label would lose everybody's consent, or
        give one list the consents of another.
        """
        fields = [OptInField("news/1", UNUSUAL), OptInField("news/2", "Twice"), OptInField("other/2", "Twice")]
        for crm in (bench.crm, bench.open(), bench.open(bench.new_folder())):
            crm.ensure_opt_in_fields(fields)
            expect(
                _told(crm.opt_in_fields()) == _told(fields), "Not each opt-in field is there once, as it was made."
            )
        renamed = [OptInField("news/1", "New name"), *fields[1:]]
        bench.open().ensure_opt_in_fields(renamed)
        expect(_told(bench.open().opt_in_fields()) == _told(renamed), "A list's new name does not arrive.")
        expect(dict(bench.users.opt_in_labels()) == _told(renamed), "Users see other opt-in fields than these.")

    def test_c08_everybody_comes_once_in_the_order_of_ids(self, bench: CrmBench) -> None:
        """Every contact comes exactly once, in the order of ids, over as many pages as it takes; `count` agrees.

        An empty CRM has nobody, and says so.

        Why: whoever does not come is not exported, and looks deleted.
        """
        selection = Selection()
        expect((bench.everybody(), bench.crm.count(selection)) == ({}, 0), "Somebody comes out of an empty CRM.")
        ids = set(bench.users.seed(self.many))
        came = [one.id for one in bench.open().contacts(selection)]
        expect(len(came) == len(set(came)), "Some contacts come twice.")
        expect(set(came) == ids, f"{len(ids - set(came))} of {self.many} contacts do not come.")
        expect(came == _in_order(came), "They do not come in the order of their ids.")
        expect(bench.crm.count(selection) == self.many, "`count` tells another number than come.")

    def test_c09_contacts_come_as_users_see_them(self, bench: CrmBench) -> None:
        """Address, kind, party and every field's value come as its users entered them, each in its field's type.

        Text, numbers, yes or no, and dates; a field without a value is left out, a contact without an address has
        None. A new field is there as soon as the CRM is opened.

        Why: what is exported is what the CRM says. A leading zero, a comma or a day that is lost here is lost for
        good.
        """
        fields = {bench.users.add_field(f"A {kind.value}", kind).key: value for kind, value in TYPED.items()}
        full = bench.users.add_contact("full@example.org", {**fields, "first_name": UNUSUAL, "postcode": "01067"})
        bare = bench.users.add_contact(None, {"company": "Ohne Adresse"}, party=PartyType.ORGANISATION)
        customer = bench.users.add_contact(bench.somebody(), kind=ContactKind.CUSTOMER)
        lead = bench.users.add_contact(bench.somebody(), kind=ContactKind.LEAD)
        crm = bench.open()
        known = {one.key: one for one in crm.fields()}
        came = bench.everybody(crm)
        expect(len(known) == len(crm.fields()), "Two fields have one key.")
        expect(fields.keys() <= known.keys(), "Not every field of the CRM is told.")
        expect(all(one.label.strip() for one in known.values()), "A field has no label.")
        for (key, value), kind in zip(fields.items(), TYPED, strict=True):
            expect(known[key].type is kind, f"A field of {kind} is told as one of {known[key].type}.")
            found = came[full].fields.get(key)
            is_same = found == value and isinstance(found, type(value))
            expect(is_same, f"A value of {kind} comes as {type(found).__name__}, or as another value.")
        expect(came[full].fields.get("first_name") == UNUSUAL, "Unusual text does not come as it is.")
        expect(
            came[full].fields.get("postcode") == "01067", "A postcode with a leading zero does not come as it is."
        )
        expect(came[bare].email is None, "A contact without an address has one.")
        expect(not came[bare].fields.keys() & fields.keys(), "A field without a value comes with one.")
        expect(came[bare].party is PartyType.ORGANISATION, "An organisation comes as a person.")
        expect(came[full].party is PartyType.PERSON, "A person comes as an organisation.")
        kinds = [came[one].kind for one in (full, customer, lead)]
        expect(kinds == [ContactKind.CONTACT, ContactKind.CUSTOMER, ContactKind.LEAD], "Kinds are mixed up.")

    def test_c10_not_set_is_not_no(self, bench: CrmBench) -> None:
        """An opt-in that nobody has set is unknown; what a user sets is yes or no, and unknown again when emptied.

        Why: somebody who never said anything may still be asked; who said no may not.
        """
        opt_in, other = bench.opt_in_field(), bench.opt_in_field()
        silent, yes, no, emptied = bench.contacts(4)
        bench.users.set_opt_in(yes, opt_in.key, OptIn.YES)
        bench.users.set_opt_in(no, opt_in.key, OptIn.NO)
        bench.users.set_opt_in(emptied, opt_in.key, OptIn.NO)
        bench.users.set_opt_in(emptied, opt_in.key, OptIn.UNKNOWN)
        wanted = {silent: OptIn.UNKNOWN, yes: OptIn.YES, no: OptIn.NO, emptied: OptIn.UNKNOWN}
        for crm in (bench.crm, bench.open(bench.new_folder())):
            came = bench.everybody(crm)
            for contact_id, value in wanted.items():
                found = came[contact_id].opt_in(opt_in.key).value
                expect(found is value, f"An opt-in that is {value} comes as {found}.")
                rest = came[contact_id].opt_in(other.key).value
                expect(rest is OptIn.UNKNOWN, "What was said for one list comes for another as well.")

    def test_c11_a_selection_is_what_comes(self, bench: CrmBench) -> None:
        """Ids, kinds, a campaign (by id or name) and a condition choose contacts, all combined; `count` agrees.

        Why: whom an operator did not choose gets no mail.
        """
        people = bench.contacts(2) + bench.contacts(2, kind=ContactKind.CUSTOMER)
        campaign = bench.users.add_campaign("Spring", people[1:])
        bench.users.add_campaign("Autumn", people[:1])
        is_first = _Condition(people[:3])
        customers = frozenset({ContactKind.CUSTOMER})
        chosen = {
            Selection(contact_ids=(people[3], people[0])): {people[0], people[3]},
            Selection(kinds=customers): set(people[2:]),
            Selection(campaign="Spring"): set(people[1:]),
            Selection(campaign=campaign): set(people[1:]),
            Selection(where=is_first): set(people[:3]),
            Selection(campaign="Spring", kinds=customers, where=is_first): {people[2]},
            Selection(contact_ids=tuple(people[:2]), campaign="Spring"): {people[1]},
        }
        crm = bench.open()
        for selection, wanted in chosen.items():
            came = [one.id for one in crm.contacts(selection)]
            expect(set(came) == wanted, f"{len(set(came) ^ wanted)} contacts too many or too few come.")
            expect(came == _in_order(came), "Chosen contacts do not come in the order of their ids.")
            expect(
                crm.count(selection) == len(wanted), "`count` tells another number of chosen contacts than come."
            )

    def test_c12_what_does_not_exist_cannot_be_chosen(self, bench: CrmBench) -> None:
        """A contact or a campaign that the CRM does not have is an `InputError`, before anybody comes.

        Why: a typing error must not pass for an empty campaign, nor export everybody.
        """
        (there,) = bench.contacts()
        bench.users.delete_contact(gone := bench.contacts()[0])
        for selection in (Selection(contact_ids=(there, gone)), Selection(campaign="No such campaign")):
            came: list[Contact] = []
            try:
                came.extend(bench.crm.contacts(selection))
            except InputError as error:
                expect(not came and error.message, "Somebody comes before a wrong selection is told.")
            else:
                raise AssertionError("A contact or campaign that does not exist is not told as an InputError.")

    def test_c13_contacts_are_found_by_ids_and_addresses(self, bench: CrmBench) -> None:
        """By id and by address those are found who are there: a thousand at once, and whoever shares an address.

        In any spelling of capitals; with plus, quotes, percent signs and letters beyond ASCII.

        Why: a subscriber who is not recognised becomes a second contact, and her "no" stays with one of the two.
        """
        people = {one: bench.users.add_contact(one) for one in ADDRESSES}
        shared = [bench.users.add_contact("Shared@Example.org"), bench.users.add_contact("shared@example.org")]
        nobody = [bench.somebody() for _ in range(1_000 - len(people) - 1)]
        asked = [*(one.swapcase() for one in people), "SHARED@example.org", *nobody]
        for crm in (bench.crm, bench.open(bench.new_folder())):
            found = crm.by_addresses(asked)
            wanted = {address_key(one): [number] for one, number in people.items()}
            wanted["shared@example.org"] = shared
            expect(
                {key: sorted(one.id for one in there) for key, there in found.items()}
                == {key: sorted(ids) for key, ids in wanted.items()},
                "By address others are found than those who have it.",
            )
            by_ids = crm.by_ids([*people.values(), "999999999"])
            expect(set(by_ids) == set(people.values()), "By id others are found than those who are there.")
            expect(all(by_ids[number].email == one for one, number in people.items()), "An address came changed.")
            expect(
                (dict(crm.by_ids([])), dict(crm.by_addresses([]))) == ({}, {}), "Nobody asked for, somebody found."
            )

    def test_c14_the_next_look_sees_what_users_did(self, bench: CrmBench) -> None:
        """What users add, change and delete is there the next time anybody looks, also in the same process.

        By id, by address (the new one, no longer the old) and among everybody.

        Why: a run takes hours, and decides by what is there now.
        """
        opt_in, field = bench.opt_in_field(), bench.text_field()
        changed, deleted, unticked = bench.contacts(3)
        old = {one.id: one.email or "" for one in bench.everybody().values()}
        for crm in (bench.open(), bench.open()):
            bench.everybody(crm)
            crm.by_ids([changed, unticked])
            crm.by_addresses([old[changed]])
            bench.clock.advance(60)
            bench.users.edit_contact(changed, email=(new := bench.somebody()), fields={field: new})
            bench.users.set_opt_in(unticked, opt_in.key, OptIn.NO)
            added = bench.users.add_contact(newcomer := bench.somebody())
            found = crm.by_addresses([new, newcomer, old[changed]])
            expect(
                {key: [one.id for one in there] for key, there in found.items()}
                == {
                    address_key(new): [changed],
                    address_key(newcomer): [added],
                },
                "A changed address, or a new contact, is not found at the next look.",
            )
            now = crm.by_ids([changed, unticked])
            expect(now[changed].fields.get(field) == new, "A changed field comes as it was before.")
            expect(now[unticked].opt_in(opt_in.key).value is OptIn.NO, "A user's no is not seen at the next look.")
            bench.users.set_opt_in(unticked, opt_in.key, OptIn.UNKNOWN)
            old[changed] = new
        bench.users.delete_contact(deleted)
        for another in (crm, bench.open()):
            expect(deleted not in bench.everybody(another), "A deleted contact still comes.")
            expect(not another.by_addresses([old[deleted]]), "A deleted contact is still found by its address.")

    def test_c15_campaigns_are_told(self, bench: CrmBench) -> None:
        """`campaigns` returns each with its id, its name and how many take part.

        Why: operators choose by name, and see by the number whether they mean the right one.
        """
        people = bench.contacts(3)
        wanted = {
            (bench.users.add_campaign("Spring", people), "Spring", 3),
            (bench.users.add_campaign("Leere Kampagne"), "Leere Kampagne", 0),
        }
        told = {(one.id, one.name, one.participants) for one in bench.open().campaigns()}
        expect(told == wanted, "Campaigns are told otherwise than users made them.")


def _in_order(ids: Iterable[str]) -> list[str]:
    """Return ids in their order: numbers by value, everything else as text."""
    return sorted(ids, key=lambda one: (0, int(one), "") if one.isdecimal() else (1, 0, one))


class _Condition:
    """Holds for these contacts."""

    def __init__(self, contact_ids: list[str]) -> None:
        self._ids = frozenset(contact_ids)

    def holds(self, contact: Contact) -> bool:
        return contact.id in self._ids


def _told(fields: Iterable[OptInField]) -> dict[str, str]:
    told = list(fields)
    found = {one.key: one.label for one in told}
    expect(len(found) == len(told), "An opt-in field is there twice.")
    return found
