"""The third story: a CRM with an API of its own leads for data, and its users work in it as ever."""

from typing import TYPE_CHECKING

from rundbrief.cli.demo.people import HEROINE, Person, people
from rundbrief.cli.demo.stage import Stage
from rundbrief.cli.demo.workplace import ask, workplace
from rundbrief.models import ContactKind, OptIn, SubscriberStatus, address_key

if TYPE_CHECKING:
    from rundbrief.plugins import CrmPlugin, Provider
    from rundbrief.testing.crm_sandbox import CrmSandbox, HeldContact
    from rundbrief.testing.sandbox import Sandbox

__all__ = ["tell_leading_system"]

LIST = "Kundenbrief"
CAMPAIGN = "Frühjahrsmesse"
SHE = HEROINE.email


def tell_leading_system(crm: "CrmPlugin", provider: "Provider") -> None:
    """Tell the story with this CRM and this service, in a folder of its own.

    Raises:
        StoryBroken: something did not come out as told.
    """
    system, service = crm.sandbox(), provider.sandbox()
    assert system is not None
    assert service is not None
    with workplace({"news": service}, system):
        _Story(crm.info.title, system, provider.info.title, service).tell()


class _Story:
    """The steps, in their order."""

    def __init__(self, crm_title: str, crm: "CrmSandbox", title: str, service: "Sandbox") -> None:
        self.crm_title = crm_title
        self.crm = crm
        self.title = title
        self.service = service
        self.stage = Stage()
        self.list_id = service.add_list(LIST)
        everybody = [one for one in people(80) if one.email != SHE]
        self.customers = everybody[:24]
        self.contacts = [HEROINE, *everybody[24:48]]
        self.readers = [HEROINE, *everybody[:10], *everybody[24:30], *everybody[60:72]]
        """On the list at the service; the last dozen are unknown to the CRM."""
        self.ids: dict[str, str] = {}
        """Address -> id in the CRM."""

    def tell(self) -> None:
        self.introduce()
        self.pull_the_lists()
        self.take_over_opt_ins()
        self.tick_boxes()
        self.export()
        self.unsubscribe_while_somebody_edits()
        self.try_again()
        self.rest()

    # --- the steps -------------------------------------------------------------------------------------------

    def introduce(self) -> None:
        self.stage.title(f"{self.crm_title} leads for data, {self.title} for consent")
        self.stage.say(
            f"Both are imitations that run in this process; the commands are real. {self.crm_title} has "
            f"{len(self.customers)} customers, {len(self.contacts)} contacts, and a campaign."
        )
        for kind, persons in ((ContactKind.CUSTOMER, self.customers), (ContactKind.CONTACT, self.contacts)):
            for one in persons:
                self.ids[one.email] = self.crm.add_contact(one.email, _fields(one), kind=kind)
        self.crm.add_campaign(CAMPAIGN, [self.ids[one.email] for one in self.contacts[10:20]])
        for one in self.readers:
            self.service.subscribe(self.list_id, one.email)
        self.stage.show_file("rundbrief.toml")
        self.stage.run("connections", "check", "news")

    def pull_the_lists(self) -> None:
        self.stage.step(f"Pull the lists: each becomes a field in {self.crm_title}")
        self.stage.run("lists", "news", "--pull")
        self.stage.check(bool(self.crm.opt_in_labels()), f"{self.crm_title} has an opt-in field")

    def take_over_opt_ins(self) -> None:
        self.stage.step(f"Import: {self.title} -> {self.crm_title}")
        before = {one: self.contact(one.email).fields for one in self.readers if one.email in self.ids}
        self.stage.run("import", "news")
        new = [one for one in self.readers if one.email not in self.ids]
        there = {address_key(one.email or "") for one in self.crm.contacts().values()}
        self.stage.check(all(one.email in there for one in new), f"{len(new)} readers became contacts")
        self.stage.check(
            all(self.contact(one.email).fields == fields for one, fields in before.items()), "no data was touched"
        )
        self.stage.note(
            f"{len(new)} readers whom {self.crm_title} did not know are contacts now. Of the {len(before)} whom "
            "it knew the opt-in was set, and nothing else."
        )

    def tick_boxes(self) -> None:
        self.stage.step(f"Opt-ins in {self.crm_title}")
        self.stage.act(
            "On the phone, eight customers agree to get the letter, and six of the campaign's participants; "
            f"their boxes are ticked in {self.crm_title}."
        )
        for one in (*self.customers[10:18], *self.contacts[10:16]):
            self.crm.set_opt_in(self.ids[one.email], self.key(), OptIn.YES)

    def export(self) -> None:
        self.stage.step(f"Export: {self.crm_title} -> {self.title}")
        self.stage.say(
            "First the customers, then the participants of the campaign. Nobody goes without an opt-in."
        )
        self.stage.run("export", "news", "--list", LIST, "--kind", "customer")
        for one in self.customers[10:18]:
            self.must_be(one.email, SubscriberStatus.SUBSCRIBED)
        self.must_be(self.contacts[10].email, SubscriberStatus.ABSENT)
        self.stage.run("export", "news", "--list", LIST, "--campaign", CAMPAIGN)
        self.must_be(self.contacts[10].email, SubscriberStatus.SUBSCRIBED)
        self.must_be(self.contacts[18].email, SubscriberStatus.ABSENT)

    def unsubscribe_while_somebody_edits(self) -> None:
        self.stage.step(f"A no at {self.title}, an edit in {self.crm_title}")
        self.stage.act(
            f"{HEROINE.first_name} clicks the unsubscribe link. Meanwhile somebody corrects her city in "
            f"{self.crm_title}."
        )
        self.service.unsubscribe(self.list_id, SHE)
        self.crm.edit_contact(self.ids[SHE], fields={"city": "Flensburg"})
        self.stage.run("sync")
        contact = self.contact(SHE)
        self.stage.check(contact.opt_ins[self.key()] is OptIn.NO, "her opt-in is cleared")
        self.stage.check(contact.fields["city"] == "Flensburg", "the edit is still there")
        self.stage.note(f"Her opt-in in {self.crm_title} is cleared, and the new city is still there.")

    def try_again(self) -> None:
        self.stage.step("Her no holds")
        self.stage.act(f"By mistake her box is ticked again in {self.crm_title}.")
        self.crm.set_opt_in(self.ids[SHE], self.key(), OptIn.YES)
        self.stage.run("export", "news", "--list", LIST)
        self.must_be(SHE, SubscriberStatus.UNSUBSCRIBED)
        self.stage.run("opt-ins", SHE)

    def rest(self) -> None:
        self.stage.step("Nothing changed: nothing is written")
        boxes = [one for one in (self.crm.application, self.service) if one]
        for box in boxes:
            box.requests.reset()
        self.stage.run("sync")
        self.stage.check(not any(box.requests.writes for box in boxes), "nothing is written")
        asked = sum(len(box.requests) for box in boxes)
        self.stage.note(f"{asked} requests, all of them reads.")

    # --- what the steps look at -------------------------------------------------------------------------------

    def key(self) -> str:
        (one,) = ask(self.stage, "lists", "news")["lists"]
        return str(one["opt_in_field"]["key"])

    def contact(self, address: str) -> "HeldContact":
        return self.crm.contacts()[self.ids[address]]

    def must_be(self, address: str, status: SubscriberStatus) -> None:
        now = self.service.status(self.list_id, address)
        self.stage.check(now is status, f"somebody who must be {status} at {self.title} is {now}")


def _fields(one: Person) -> dict[str, str]:
    fields = {
        "first_name": one.first_name,
        "last_name": one.last_name,
        "postcode": one.postcode,
        "city": one.city,
        "country": one.country,
    }
    return {key: text for key, text in fields.items() if text}
