"""The story of the demo: one list, a few hundred people, and Jördis, who says no."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rundbrief.cli.demo.cast import (
    EVENTS,
    LETTER,
    Cast,
    Lists,
    open_lists,
    sign_up,
    write_contacts,
    write_fair_sheet,
)
from rundbrief.cli.demo.people import HEROINE, Person
from rundbrief.cli.demo.stage import Stage
from rundbrief.cli.demo.workplace import ask, workplace
from rundbrief.models import Reason, Result, SubscriberStatus

if TYPE_CHECKING:
    from rundbrief.plugins import Provider
    from rundbrief.testing.sandbox import Sandbox

__all__ = ["can_be_told", "tell"]

SHE = HEROINE.email


def tell(provider: "Provider") -> None:
    """Tell the story with one provider, in a folder of its own.

    Raises:
        StoryBroken: something did not come out as told.
    """
    sandbox = provider.sandbox()
    assert sandbox is not None
    with workplace({"news": sandbox}):
        _Story(provider.info.title, sandbox).tell()


def can_be_told(provider: "Provider") -> bool:
    """Tell whether the provider has what the story needs: a consent for each list, some to be confirmed."""
    from rundbrief.hookspecs import ConsentScope
    from rundbrief.testing.sandbox import NotOffered

    sandbox = provider.sandbox()
    if sandbox is None or provider.info.scope is not ConsentScope.LIST:
        return False
    try:
        open_lists(sandbox)
    except NotOffered:
        return False
    return True


class _Story:
    """The steps, in their order."""

    def __init__(self, title: str, sandbox: "Sandbox") -> None:
        self.title = title
        self.sandbox = sandbox
        self.stage = Stage()
        self.cast = Cast()
        self.lists: Lists = open_lists(sandbox)

    def tell(self) -> None:
        self.introduce()
        sign_up(self.sandbox, self.lists, self.cast, _field_keys())
        self.pull_the_lists()
        self.bring_contacts()
        self.take_over_opt_ins()
        self.look_at_contacts()
        self.edit_in_the_crm()
        self.export()
        self.unsubscribe_and_try_again()
        self.import_again()
        self.show_the_journal()
        self.say_what_is_next()

    # --- the steps -------------------------------------------------------------------------------------------

    def introduce(self) -> None:
        self.stage.title(f"rundbrief and {self.title}: a demo in a sandbox")
        self.stage.say(
            f"A CRM knows people's data, {self.title} knows who wants mail. rundbrief keeps both in step: data "
            f"flows from the CRM, consent from {self.title}, and nobody's no is lost. Everybody here is invented. "
            f"The {self.title} of this demo is an imitation that runs in this process; the commands are real."
        )
        self.stage.show_file("rundbrief.toml")

    def pull_the_lists(self) -> None:
        self.stage.step("Pull the lists")
        self.stage.say(
            f"{self.title} has two lists. Each becomes an opt-in field on the CRM's contacts, so that the CRM can "
            "say yes or no for each list."
        )
        self.stage.run("lists", "news", "--pull")

    def bring_contacts(self) -> None:
        self.stage.step("Bring contacts into the CRM")
        self.stage.say(
            "The embedded CRM takes a spreadsheet, here one with semicolons and German titles. Some people stand "
            "in it twice, some share an address, one has a slip of the pen; nobody has an opt-in yet."
        )
        write_contacts(Path("kontakte.csv"), self.cast)
        self.stage.run("contacts", "import", "kontakte.csv")
        expected = len(set(self.cast.in_crm))
        total = ask(self.stage, "contacts", "list", "--limit", "1")["total"]
        self.stage.check(total == expected, f"{expected} contacts are in the CRM, not {total}")

    def take_over_opt_ins(self) -> None:
        self.stage.step(f"Import: {self.title} -> CRM")
        self.stage.say(
            "Subscribers whom the CRM does not know become contacts. For those it knows, only the opt-in changes, "
            "never the data. Who has unsubscribed or not confirmed gets no opt-in."
        )
        self.stage.run("import", "news")
        done = self.tally("import", LETTER)
        new = self.cast.new_readers
        self.stage.check(done.get((Result.DONE, Reason.NEW_CONTACT)) == new, f"{new} readers became contacts")
        self.stage.check((Result.DONE, Reason.OPTED_IN) in done, "opt-ins were set for contacts that were there")

    def look_at_contacts(self) -> None:
        self.stage.step("Look at the opt-in fields")
        left = self.cast.left_earlier[0]
        self.stage.say(
            f"{_name(HEROINE)} gets the letter. {_name(left)} had unsubscribed long ago, and the CRM knows now."
        )
        self.stage.run("contacts", "show", SHE)
        self.stage.run("contacts", "show", left.email)
        self.stage.check(self.opt_in(SHE) == "yes", "her opt-in is yes")
        self.stage.check(self.opt_in(left.email) == "no", "the opt-in of somebody who left is no")

    def edit_in_the_crm(self) -> None:
        self.stage.step("Edit in the CRM")
        self.stage.say(
            f"{_name(HEROINE)} has married. At a fair, people ticked the letter's box on a sheet of paper; it "
            "comes as a spreadsheet, with that evidence. Four left no address, and of a couple who share one he "
            "said no. And somebody ticks the events box of two people who never confirmed their sign-up."
        )
        self.stage.run("contacts", "edit", SHE, "last_name=Weiß-Brandt")
        write_fair_sheet(Path("messe.csv"), self.cast)
        self.stage.run("contacts", "import", "messe.csv")
        ticked = [one.email for one in self.cast.not_confirmed[:2]]
        self.stage.run("contacts", "set-opt-in", EVENTS, "yes", *ticked)

    def export(self) -> None:
        self.stage.step(f"Export: CRM -> {self.title}")
        self.stage.say(
            "Only contacts with an active opt-in are sent. New ones are added; for known ones the data is "
            "overwritten if it has changed, in a write that never carries consent. What is held back says why."
        )
        self.stage.run("export", "news", "--list", LETTER)
        done = self.tally("export", LETTER)
        self.stage.check(done.get((Result.DONE, Reason.NEW)) == len(self.cast.visitors), "every visitor was added")
        self.stage.check(done.get((Result.HELD, Reason.NO_ADDRESS)) == 4, "four have no address")
        self.stage.check(
            done.get((Result.HELD, Reason.SHARED_ADDRESS_NO)) == 1, "the couple's shared address is held back"
        )
        self.stage.check((Result.DONE, Reason.CHANGED) in done, "changed data was sent")
        for one in self.cast.visitors:
            self.must_be(self.lists.letter, one.email, SubscriberStatus.SUBSCRIBED)
        self.must_be(self.lists.letter, self.cast.couple[0].email, SubscriberStatus.ABSENT)
        self.stage.note(
            f"Asked at {self.title}: all {len(self.cast.visitors)} visitors are subscribed, and the couple's "
            "address is not there."
        )
        self.stage.run("export", "news", "--list", EVENTS)
        held = self.tally("export", EVENTS)
        self.stage.check(held.get((Result.HELD, Reason.NOT_CONFIRMED)) == 2, "two never confirmed")
        for one in self.cast.not_confirmed:
            self.must_be(self.lists.events, one.email, SubscriberStatus.PENDING)

    def unsubscribe_and_try_again(self) -> None:
        self.stage.step("She says no, and we try all the same")
        self.stage.act(f"{_name(HEROINE)} clicks the unsubscribe link in a letter.")
        self.sandbox.unsubscribe(self.lists.letter, SHE)
        self.stage.say("A colleague, who cannot know that yet, edits her data and sends it:")
        (her,) = ask(self.stage, "contacts", "show", SHE)["contacts"]
        self.stage.run("contacts", "edit", SHE, "city=Bremen")
        self.stage.run("export", "news", "--list", LETTER, "--contact", her["id"])
        self.stage.check(self.opt_in(SHE) == "no", "the export has noticed that she left")
        self.stage.say("Then the colleague ticks her box in the CRM again:")
        self.stage.run("contacts", "set-opt-in", LETTER, "yes", SHE)
        self.stage.run("export", "news", "--list", LETTER, "--contact", her["id"])
        held = self.tally("export", LETTER)
        self.stage.check(held.get((Result.HELD, Reason.WITHDRAWN_AT_SERVICE)) == 1, "her contact is held back")
        self.must_be(self.lists.letter, SHE, SubscriberStatus.UNSUBSCRIBED)
        self.stage.note(f"Asked at {self.title}: she is still unsubscribed.")

    def import_again(self) -> None:
        leaving = self.cast.will_leave
        self.stage.step("The next import")
        self.stage.act(f"{', '.join(_name(one) for one in leaving)} unsubscribe as well; one marks it as spam.")
        for one in leaving[:-1]:
            self.sandbox.unsubscribe(self.lists.letter, one.email)
        self.sandbox.complain(self.lists.letter, leaving[-1].email)
        self.stage.say(
            "An import reads what changed lately, which in a demo of seconds is everybody, and clears their "
            "opt-ins."
        )
        self.stage.run("import", "news", "--list", LETTER)
        cleared = self.tally("import", LETTER).get((Result.DONE, Reason.OPTED_OUT))
        self.stage.check(cleared == len(leaving), f"{len(leaving)} opt-ins were cleared")
        self.must_be(self.lists.letter, SHE, SubscriberStatus.UNSUBSCRIBED)

    def show_the_journal(self) -> None:
        self.stage.step("What the journal says of her")
        self.stage.say(
            "Every change of consent is journalled, for good: who, when, on what evidence, in which run."
        )
        self.stage.run("opt-ins", SHE)
        journal = ask(self.stage, "opt-ins", SHE)["journal"]
        self.stage.check(
            any(entry["became"] == SubscriberStatus.UNSUBSCRIBED for entry in journal), "her no is in the journal"
        )

    def say_what_is_next(self) -> None:
        self.stage.step("With a real account")
        self.stage.say("Nothing of this demo is left behind. For your own account, type:")
        self.stage.type(
            ("init", "writes a commented rundbrief.toml"),
            ("connections check NAME", "whose account is it?"),
            ("lists NAME --pull", "lists become opt-in fields"),
            ("import NAME --dry-run", "what would come into the CRM?"),
            ("import NAME", ""),
            ("export NAME --list ID --dry-run", "what would be sent, and why?"),
        )

    # --- what the steps look at --------------------------------------------------------------------------------

    def tally(self, kind: str, list_name: str) -> Mapping[tuple[Result, Reason], int]:
        """Return the numbers of the latest run of that kind on that list."""
        runs = ask(self.stage, "runs")["runs"]
        run = next(one for one in runs if (one["kind"], one["list"]) == (kind, list_name))
        return {(Result(one["result"]), Reason(one["reason"])): one["count"] for one in run["tally"]}

    def opt_in(self, address: str) -> str:
        """Return what the CRM says of an address for the letter."""
        (contact,) = ask(self.stage, "contacts", "show", address)["contacts"]
        return next(str(one["value"]) for one in contact["opt_ins"].values() if one["label"] == LETTER)

    def must_be(self, list_id: str, address: str, status: SubscriberStatus) -> None:
        """Ask the service itself."""
        now = self.sandbox.status(list_id, address)
        self.stage.check(now is status, f"somebody who must be {status} at {self.title} is {now}")


def _field_keys() -> Mapping[str, str]:
    """Return how the service calls the fields that we fill at its sign-up form."""
    from rundbrief.config import load_config
    from rundbrief.engine import Workspace

    with Workspace(load_config(environ=os.environ), environ=os.environ) as workspace:
        connection = workspace.connection("news")
        first_list = next(connection.provider.import_lists(connection.session))
        wishes = connection.wishes({one.key: one for one in workspace.crm.fields()})
        field_map = connection.provider.map_custom_fields(connection.session, first_list, wishes)
    return {link.crm_key: link.remote.key for link in field_map.links}


def _name(person: Person) -> str:
    return f"{person.first_name} {person.last_name}"
