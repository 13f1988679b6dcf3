"""Level *trustworthy*: the CRM's data is its users', and nobody's "no" is overwritten."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

from rundbrief.fields import FieldType
from rundbrief.models import CrmOptIn, OptIn, OptInChange, OptInField, PartyType, Selection
from rundbrief.testing.contract.memory import BLOCKS_EACH, UNSTEADY, peak_blocks
from rundbrief.testing.contract.rules import expect
from rundbrief.testing.crm_contract.bench import CrmBench
from rundbrief.testing.crm_contract.frame import CrmFrame
from rundbrief.testing.crm_contract.reading import TYPED, UNUSUAL
from rundbrief.testing.crm_sandbox import HeldContact
from rundbrief.testing.faults import meanwhile

__all__ = ["Trustworthily"]


class Trustworthily(CrmFrame):
    def test_t01_an_import_changes_only_the_opt_in(self, bench: CrmBench) -> None:
        """When an opt-in is set, all else about the contact stays as it was, and so does everybody else.

        Every kind of field, with unusual values; other opt-ins; address, kind and party; whatever else is kept.

        Why: the CRM leads for data. An import that tidies up a phone number has overwritten a colleague's work.
        """
        opt_in, other = bench.opt_in_field(), bench.opt_in_field()
        people = _various_people(bench)
        for one in people:
            bench.users.set_opt_in(one, other.key, OptIn.NO)
        crm = bench.open()
        for value, expected in ((OptIn.YES, OptIn.UNKNOWN), (OptIn.NO, OptIn.YES)):
            before = bench.users.contacts()
            chosen = people[::2]
            expect(
                not crm.set_opt_ins([bench.change(one, opt_in, value, expected) for one in chosen]),
                "A change is returned though nobody came between.",
            )
            for key, held in bench.users.contacts().items():
                wanted = dict(before[key].opt_ins) | ({opt_in.key: value} if key in chosen else {})
                _expect_same(held, replace(before[key], opt_ins=wanted), "an opt-in was set")

    def test_t02_what_a_user_edits_meanwhile_stays(self, bench: CrmBench) -> None:
        """A user changes a field while an opt-in of the same contact is set: her change stays.

        The opt-in is set as well, or returned as not made. Tried out before every single request of the write.

        Why: two people at work on one contact is an ordinary morning.
        """
        field = bench.text_field()

        def edit(contact_id: str) -> None:
            bench.users.edit_contact(contact_id, fields={field: "edited meanwhile", "first_name": UNUSUAL})

        for contact_id, opt_in, unmade in _races(bench, edit):
            held = bench.held(contact_id)
            assert held is not None
            is_kept = (held.fields.get(field), held.fields.get("first_name")) == ("edited meanwhile", UNUSUAL)
            expect(is_kept, "What a user had changed meanwhile is as it was before.")
            is_told = bool(unmade) != (held.opt_ins.get(opt_in.key) is OptIn.YES)
            expect(is_told, "An opt-in is not set and not returned, or set and returned.")

    def test_t03_a_no_that_comes_between_stays(self, bench: CrmBench) -> None:
        """A user unticks an opt-in between our read and our write: it stays a no, and the change is returned.

        Tried out before every single request of the write.

        Why: nobody's "no" is ever lost.
        """
        for contact_id, opt_in, unmade in _races(bench, None):
            held = bench.held(contact_id)
            assert held is not None
            expect(held.opt_ins.get(opt_in.key) is OptIn.NO, "A user's no that came between is overwritten.")
            told = bench.open().by_ids([contact_id])[contact_id].opt_in(opt_in.key).value
            expect(told is OptIn.NO, f"A user's no that came between is told as {told}.")
            expect(len(unmade) <= 1, "One change is returned more than once.")

    def test_t04_new_contacts_change_nobody(self, bench: CrmBench) -> None:
        """Where an address has a contact, creating one changes no field of it, and no opt-in that says yes or no.

        Why: who unsubscribed by telephone is not opted in by a form.
        """
        opt_in, other = bench.opt_in_field(), bench.opt_in_field()
        people = {value: bench.users.add_contact(bench.somebody(), {"last_name": UNUSUAL}) for value in OptIn}
        for value, contact_id in people.items():
            bench.users.set_opt_in(contact_id, other.key, OptIn.NO)
            if value is not OptIn.UNKNOWN:
                bench.users.set_opt_in(contact_id, opt_in.key, value)
        before = bench.users.contacts()
        for new_value in (OptIn.YES, OptIn.NO):
            new = [
                bench.new_contact(
                    before[people[value]].email or "", opt_in, new_value, last_name="New", first_name="N"
                )
                for value in (OptIn.YES, OptIn.NO)
            ]
            ids = bench.open(bench.new_folder()).create_contacts(new)
            expect(list(ids) == [people[OptIn.YES], people[OptIn.NO]], "Others are returned than were there.")
            for key, held in bench.users.contacts().items():
                _expect_same(held, before[key], "a contact with its address was to be created")
        bench.crm.create_contacts([bench.new_contact(before[people[OptIn.UNKNOWN]].email or "", opt_in, city="X")])
        held = bench.users.contacts()[people[OptIn.UNKNOWN]]
        _expect_same(held, replace(before[people[OptIn.UNKNOWN]], opt_ins=held.opt_ins), "its opt-in was set")

    def test_t05_who_is_deleted_meanwhile_stays_deleted(self, bench: CrmBench) -> None:
        """A user deletes a contact whose opt-in is being set: it does not come back, and the others are done.

        Tried out before every single request of the write.

        Why: whoever asks to be forgotten is not brought back by a newsletter.
        """
        addresses: dict[str, str] = {}

        def delete(contact_id: str) -> None:
            held = bench.held(contact_id)
            addresses[contact_id] = (held and held.email) or ""
            bench.users.delete_contact(contact_id)

        for contact_id, opt_in, unmade in _races(bench, delete, companions=2):
            is_back = bench.held(contact_id) is not None or bench.held_with(addresses[contact_id])
            expect(not is_back, "A contact that was deleted meanwhile is there again.")
            expect(
                {one.contact_id for one in unmade} <= {contact_id},
                "A deleted contact spoils the changes of others.",
            )
            others = [one for one in bench.users.contacts().values() if opt_in.key in one.opt_ins]
            expect(len(others) == 2, "Not all of the others' opt-ins are set.")

    def test_t06_time_and_source_are_those_of_the_wish(self, bench: CrmBench) -> None:
        """An opt-in is told with the time and source it was set with, or with none; never as of the import.

        Also by another process; and for contacts that an import creates. When a user changes the value, both are
        the user's, or none.

        Why: of two wishes the later counts. An import that dates an old yes to today wins against a newer no.
        """
        opt_in = bench.opt_in_field()
        stated = (bench.now() - timedelta(days=30)).replace(microsecond=0)
        state = CrmOptIn(OptIn.YES, stated, "Service, form on the website")
        (known,) = bench.contacts()
        bench.crm.set_opt_ins([OptInChange(known, opt_in.key, OptIn.UNKNOWN, state)])
        (new,) = bench.crm.create_contacts([replace(bench.new_contact(bench.somebody(), opt_in), opt_in=state)])
        for crm in (bench.crm, bench.open()):
            for contact_id in (known, new):
                told = crm.by_ids([contact_id])[contact_id].opt_in(opt_in.key)
                expect(told.since in (None, stated), "An opt-in has another time than it was set with.")
                expect(told.source in ("", state.source), "An opt-in has another source than it was set with.")
        bench.clock.advance(3600)
        for contact_id in (known, new):
            bench.users.set_opt_in(contact_id, opt_in.key, OptIn.NO)
        bench.clock.advance(3600)
        for crm in (bench.crm, bench.open()):
            for contact_id in (known, new):
                told = crm.by_ids([contact_id])[contact_id].opt_in(opt_in.key)
                expect(told.value is OptIn.NO, "A user's no is not told.")
                is_users = told.source != state.source and (told.since is None or told.since > stated)
                expect(is_users, "A user's no is told with the time or source of the yes before.")

    def test_t07_memory_stays_flat(self, make_bench: Callable[[], CrmBench]) -> None:
        """The memory in use while everybody streams by does not grow with their number.

        Why: runs go on small machines, and CRMs only grow.
        """
        peaks = [_peak_of_reading(make_bench(), people) for people in (self.many, self.crowd)]
        each = (peaks[1] - peaks[0] - UNSTEADY) / (self.crowd - self.many)
        expect(each < BLOCKS_EACH, f"Each contact keeps {each:.1f} blocks of memory until the end of the read.")


def _various_people(bench: CrmBench) -> list[str]:
    fields = {bench.users.add_field(f"A {kind.value}", kind).key: value for kind, value in TYPED.items()}
    choice = bench.users.add_field("A choice", FieldType.CHOICE, ["red", "green"]).key
    texts = {"first_name": " spaced ", "last_name": UNUSUAL, "postcode": "01067", "phone": "+49 (0) 351 / 00-07"}
    return [
        bench.users.add_contact("Full+Tag@Example.org", {**fields, **texts, choice: "green"}),
        bench.users.add_contact(bench.somebody(), texts),
        bench.users.add_contact(bench.somebody(), {"company": UNUSUAL}, party=PartyType.ORGANISATION),
        bench.users.add_contact(bench.somebody()),
        bench.users.add_contact(None, fields),
    ]


def _expect_same(held: HeldContact, wanted: HeldContact, when: str) -> None:
    for name in ("email", "kind", "party", "fields", "opt_ins", "untouched"):
        expect(getattr(held, name) == getattr(wanted, name), f"{name.title()} of a contact changed when {when}.")


def _races(
    bench: CrmBench, act: Callable[[str], object] | None, companions: int = 0
) -> Iterator[tuple[str, OptInField, list[OptInChange]]]:
    """Set an opt-in as often as that takes requests; before another one of them each time a user acts.

    The first time she acts before the write begins.

    Args:
        act: what she does with the contact; None: she says no to this very opt-in.
        companions: how many others' opt-ins are set with it.
    """
    for number in count(-1):
        opt_in = bench.opt_in_field()
        people = bench.contacts(1 + companions, fields={"first_name": "Before"})
        crm = bench.open()
        bench.everybody(crm)
        bench.clock.advance(60)
        acts = _Acts(bench, opt_in, people[0], act)
        changes = [bench.change(one, opt_in) for one in people]
        if number < 0:
            acts()
        elif bench.users.application is not None:
            bench.service.faults.add(meanwhile(acts), skip=number)
        unmade = crm.set_opt_ins(changes)
        if bench.users.application is not None:
            bench.service.faults.clear()
        if not acts.done:
            return
        yield people[0], opt_in, list(unmade)


@dataclass(slots=True)
class _Acts:
    """A user, who does what she does once."""

    bench: CrmBench
    opt_in: OptInField
    contact_id: str
    act: Callable[[str], object] | None
    done: bool = False

    def __call__(self) -> None:
        self.done = True
        if self.act is None:
            self.bench.users.set_opt_in(self.contact_id, self.opt_in.key, OptIn.NO)
        else:
            self.act(self.contact_id)


def _peak_of_reading(bench: CrmBench, people: int) -> int:
    """Return how many blocks of memory were in use at most, beyond those before, at every hundredth contact."""
    bench.users.seed(people)
    crm = bench.open()
    next(crm.contacts(Selection()))  # whatever the sandbox itself has to build up for it
    came = 0

    def hundreds() -> Iterator[None]:
        nonlocal came
        for came, _ in enumerate(crm.contacts(Selection()), 1):
            if came % 100 == 0:
                if bench.users.application is not None:
                    bench.service.requests.reset()
                yield

    peak = peak_blocks(hundreds())
    expect(came == people, f"{came} of {people} contacts came.")
    return peak
