"""What a plugin can do and within which limits, in an operator's words: from its info and its hooks alone."""

from collections.abc import Iterator, Mapping, Sequence

from docs_tables.markdown import table
from rundbrief.hookspecs import CRM_GROUP, ConsentScope
from rundbrief.models import WriteKind
from rundbrief.plugins import CrmPlugin, Provider, installed, load_crm, load_provider
from rundbrief.session import Rate

__all__ = ["capabilities"]

Row = tuple[str, str]

SCOPES = {
    ConsentScope.LIST: "one for each list",
    ConsentScope.ACCOUNT: "one for the whole account; lists are only places to put people",
}
WRITES = {
    WriteKind.CREATE: "Adds new recipients",
    WriteKind.UPDATE: "Overwrites the data of recipients, and moves them to a new address",
    WriteKind.WITHDRAW: "Unsubscribes recipients",
    WriteKind.CONFIRM: 'Asks a withdrawn person again by double opt-in mail (`reconsent = "confirm"`)',
}
HOOKS = {
    "import_lists": "Reads the lists",
    "fetch_opt_ins": "Reads opt-ins and opt-outs; after the first time, only the new ones",
    "map_custom_fields": "Reads the fields of a list, and finds those that match",
}
OPTIONAL_HOOKS = {
    "create_fields": "Makes missing fields (`rundbrief fields --push`)",
    "room_for_fields": "Says beforehand for how many more fields there is room",
    "add_choices": "Adds missing choices to a field",
    "erase_contacts": "Erases a person who asks for it",
    "check_connection": "Names the account at the cost of one call (`rundbrief connections check`)",
    "sandbox": "Has a sandbox to try it without an account (`rundbrief sandbox`)",
}
"""Hook -> what an operator gets from it. `provider_info` and `export_contacts` are in the other rows."""

SPANS: Mapping[float, str] = {1: "a second", 60: "a minute", 3600: "an hour", 86_400: "a day"}


def capabilities(name: str) -> str:
    """Return the table of a plugin: of a newsletter service, or of a CRM."""
    if name in {one.name for one in installed(CRM_GROUP)}:
        return _of_crm(load_crm(name))
    provider = load_provider(name)
    return table(["", provider.info.title], [*_does(provider), *_limits(provider)])


def _of_crm(crm: CrmPlugin) -> str:
    """What a CRM does is the same for all: the protocol."""
    rows = [
        (
            "Leads with contacts, fields, opt-in fields and campaigns",
            "yes, as [every CRM](../reference/models.md#crm)",
        ),
        (OPTIONAL_HOOKS["sandbox"], _yes("sandbox" in crm.capabilities)),
        ("Reached", "over its API" if crm.info.endpoint else "without a network"),
        *_pace(crm.info.concurrency, crm.info.rates),
    ]
    return table(["", crm.info.title], rows)


def _does(provider: Provider) -> Iterator[Row]:
    yield "Consent", SCOPES[provider.info.scope]
    for hook, words in HOOKS.items():
        yield words, _yes(hook in provider.capabilities)
    for kind, words in WRITES.items():
        most = provider.info.batch_sizes.get(kind)
        yield words, f"yes, in batches of up to {most:,}" if most else "no"
    for hook, words in OPTIONAL_HOOKS.items():
        yield words, _yes(hook in provider.capabilities)


def _limits(provider: Provider) -> Iterator[Row]:
    info = provider.info
    yield from _pace(info.concurrency, info.rates)
    yield "Kinds of fields", ", ".join(f"`{one.name}`" for one in info.field_kinds) or "not said"
    fixed = [f"`{one.name}`" for one in info.field_kinds if not one.is_creatable]
    if "create_fields" in provider.capabilities:
        yield "Kinds that it makes", f"all but {', '.join(fixed)}" if fixed else "all of them"


def _pace(concurrency: int, rates: Sequence[Rate]) -> Iterator[Row]:
    yield "Requests under way at the same time", str(concurrency)
    yield "Requests at most", "; ".join(_budgets(rates)) or "no number is set; it waits when the service says so"


def _budgets(rates: Sequence[Rate]) -> Iterator[str]:
    """Yield a phrase for each budget: its windows hold all at once."""
    names = list(dict.fromkeys(rate.budget for rate in rates))
    for name in names:
        windows = " and ".join(_window(rate) for rate in rates if rate.budget == name)
        others = "for everything else" if len(names) > 1 else ""
        yield f"{windows} {f'for {name}' if name else others}".rstrip()


def _window(rate: Rate) -> str:
    return f"{rate.limit:,} {SPANS.get(rate.seconds, f'in {rate.seconds:g} seconds')}"


def _yes(is_there: bool) -> str:
    return "yes" if is_there else "no"
