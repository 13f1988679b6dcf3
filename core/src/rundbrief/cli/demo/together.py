"""The second story: several services and one CRM, side by side. Jördis says no to one of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rundbrief.cli.demo.people import HEROINE, people
from rundbrief.cli.demo.stage import Stage
from rundbrief.cli.demo.workplace import ask, workplace
from rundbrief.models import SubscriberStatus

if TYPE_CHECKING:
    from rundbrief.plugins import Provider
    from rundbrief.testing.sandbox import Sandbox

__all__ = ["tell_together"]

LIST = "Newsletter"
SHE = HEROINE.email
READERS = 12
"""At each service, beside Jördis. Each has some of its own."""


def tell_together(providers: "Sequence[Provider]") -> None:
    """Tell the story with these providers at once, in a folder of its own.

    Raises:
        StoryBroken: something did not come out as told.
    """
    sandboxes = {one.info.name: sandbox for one in providers if (sandbox := one.sandbox())}
    lists = {name: sandbox.add_list(LIST) for name, sandbox in sandboxes.items()}
    with workplace(sandboxes):
        _Together({one.info.name: one.info.title for one in providers}, sandboxes, lists).tell()


class _Together:
    """The steps, in their order."""

    def __init__(self, titles: dict[str, str], sandboxes: "dict[str, Sandbox]", lists: dict[str, str]) -> None:
        self.titles = titles
        self.sandboxes = sandboxes
        self.lists = lists
        self.stage = Stage()

    def tell(self) -> None:
        self.introduce()
        self.sync_everything()
        self.add_somebody()
        self.say_no_to_one()
        self.show_where_she_stands()

    def introduce(self) -> None:
        names = list(self.titles.values())
        several = len(names) > 1
        self.stage.title(f"{', '.join(names)}: one CRM" + (", side by side" if several else ""))
        self.stage.say(
            "A connection in rundbrief.toml is all that a service takes. One list stands at each, with a dozen "
            f"readers; {HEROINE.first_name} is among them everywhere."
        )
        self.stage.show_file("rundbrief.toml")
        everybody = [one for one in people(READERS * (len(names) + 1)) if one.email != SHE]
        for number, (name, sandbox) in enumerate(self.sandboxes.items()):
            own = everybody[number * 6 : number * 6 + READERS]
            for one in (HEROINE, *own):
                sandbox.subscribe(self.lists[name], one.email)

    def sync_everything(self) -> None:
        self.stage.step("Sync: import, then export, everything")
        self.stage.say(
            "This is what cron runs. Each service works within its own limits, and trouble with one would not "
            "stop the others. The readers become contacts, each once, whatever number of services knows them."
        )
        self.stage.run("sync")
        total = ask(self.stage, "contacts", "list", "--limit", "1")["total"]
        expected = len({address for name in self.lists for address in self.subscribers(name)})
        self.stage.check(total == expected, f"{expected} readers became contacts, not {total}")

    def add_somebody(self) -> None:
        self.stage.step("A new contact in the CRM")
        self.stage.act("At the counter somebody asks for the newsletter, and gets it from everywhere.")
        self.stage.run("contacts", "add", "lene.voss@example.org", "first_name=Lene", "last_name=Voß")
        for name in self.lists:
            self.stage.run("contacts", "set-opt-in", self.field(name), "yes", "lene.voss@example.org")
        self.stage.run("sync")
        for name in self.lists:
            self.must_be(name, "lene.voss@example.org", SubscriberStatus.SUBSCRIBED)
        self.stage.note(f"Asked at {self.everywhere()}: she is subscribed.")

    def say_no_to_one(self) -> None:
        first, *others = self.lists
        self.stage.step(f"A no at {self.titles[first]}")
        self.stage.act(f"{HEROINE.first_name} clicks the unsubscribe link in a mail of {self.titles[first]}.")
        self.sandboxes[first].unsubscribe(self.lists[first], SHE)
        self.stage.say(
            "The next sync clears that one opt-in. The others stay: she said no to this newsletter, not to all. "
            '(With withdrawals = "everywhere" one no counts for all of them.)'
        )
        self.stage.run("sync")
        self.must_be(first, SHE, SubscriberStatus.UNSUBSCRIBED)
        for name in others:
            self.must_be(name, SHE, SubscriberStatus.SUBSCRIBED)

    def show_where_she_stands(self) -> None:
        self.stage.step("Where she stands, everywhere")
        self.stage.run("opt-ins", SHE)
        shown = {one["connection"]: one["crm"] for one in ask(self.stage, "opt-ins", SHE)["lists"]}
        self.stage.check(set(shown) == set(self.lists), "her state at every service is shown")

    # --- what the steps look at -------------------------------------------------------------------------------

    def subscribers(self, name: str) -> list[str]:
        return list(self.sandboxes[name].recipients(self.lists[name]))

    def field(self, name: str) -> str:
        """Return the key of the connection's opt-in field."""
        (one,) = ask(self.stage, "lists", name)["lists"]
        return str(one["opt_in_field"]["key"])

    def everywhere(self) -> str:
        return ", ".join(self.titles.values())

    def must_be(self, name: str, address: str, status: SubscriberStatus) -> None:
        now = self.sandboxes[name].status(self.lists[name], address)
        self.stage.check(now is status, f"somebody who must be {status} at {self.titles[name]} is {now}")
