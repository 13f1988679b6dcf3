"""Discovery and the typed facade, with distributions that are really on the path: metadata, modules, hooks."""

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from rundbrief.errors import PluginBroken, PluginIncompatible, PluginMissing, ServiceUnavailable
from rundbrief.fields import FieldMap
from rundbrief.hookspecs import CRM_GROUP, PROVIDER_GROUP, ProviderSpec
from rundbrief.hookspecs.marking import hookspec
from rundbrief.models import ContactWrite, MailingList, Outcome, Reason, Result, WriteKind
from rundbrief.plugins import Provider, installed, load_crm, load_provider
from rundbrief.plugins.loading import load as load_plugin
from rundbrief.session import Session

INFO = """
from marshmallow import Schema

from rundbrief.errors import ServiceUnavailable
from rundbrief.fields import FieldMap
from rundbrief.hookspecs import CrmInfo, ProviderInfo, hookimpl
from rundbrief.models import Checkpoint, MailingList, Outcome, Reason, Result, WriteKind
from rundbrief.session import Endpoint


@hookimpl
def provider_info():
    return ProviderInfo(
        name="paperboy",
        title="Paperboy",
        settings=Schema,
        endpoint=lambda settings: Endpoint("http://127.0.0.1:9"),
        batch_sizes={WriteKind.CREATE: 10},
    )
"""

HOOKS = """
@hookimpl
def import_lists(session):
    yield MailingList("1", "News")


@hookimpl
def fetch_opt_ins(session, mailing_list, cursor):
    yield Checkpoint("end")


@hookimpl
def map_custom_fields(session, mailing_list, wanted):
    return FieldMap()


@hookimpl
def export_contacts(session, mailing_list, kind, batch):
    for write in batch:
        yield Outcome(write.key, Result.DONE, Reason.NEW)
"""

WHOLE = INFO + HOOKS
NEWS = MailingList("1", "News")
SESSION = Session("news", {}, http=None, wait=lambda seconds: None)  # type: ignore[arg-type]

Install = Callable[..., None]


@pytest.fixture
def load(install: Install) -> Callable[[str], Provider]:
    """Install and load a provider with this source."""

    def install_and_load(source: str) -> Provider:
        install("rundbrief-paperboy", "rundbrief_paperboy", source)
        return load_provider("paperboy")

    return install_and_load


def with_hook(name: str, body: str) -> str:
    """Return a whole provider in which one hook is replaced."""
    hooks = [hook for hook in HOOKS.split("@hookimpl") if hook.strip() and f"def {name}(" not in hook]
    return INFO + "".join(f"\n@hookimpl{hook}" for hook in hooks) + dedent(body)


class TestDiscovery:
    def test_reads_metadata_and_imports_nothing(self, install: Install) -> None:
        install("rundbrief-paperboy", "rundbrief_paperboy", "raise AssertionError('imported')")
        found = [plugin for plugin in installed() if plugin.name == "paperboy"]
        assert [(one.distribution, one.version, one.module) for one in found] == [
            ("rundbrief-paperboy", "1.2", "rundbrief_paperboy")
        ]
        assert "rundbrief_paperboy" not in sys.modules

    def test_a_whole_provider_is_loaded(self, load: Callable[[str], Provider]) -> None:
        provider = load(WHOLE)
        assert provider.info.title == "Paperboy"
        assert provider.capabilities == {
            "import_lists",
            "fetch_opt_ins",
            "map_custom_fields",
            "export_contacts",
        }
        assert list(provider.import_lists(SESSION)) == [NEWS]

    def test_not_installed_says_what_to_install(self) -> None:
        with pytest.raises(PluginMissing) as caught:
            load_provider("carrierpigeon")
        assert "pip install rundbrief-carrierpigeon" in caught.value.hint

    def test_a_failing_import_is_named_with_its_cause(self, load: Callable[[str], Provider]) -> None:
        with pytest.raises(PluginBroken, match="No module named 'paperboy_engine'") as caught:
            load("import paperboy_engine")
        assert "rundbrief-paperboy 1.2" in caught.value.message
        assert isinstance(caught.value.__cause__, ModuleNotFoundError)

    def test_a_module_that_exits_at_import_is_broken_alone(self, load: Callable[[str], Provider]) -> None:
        with pytest.raises(PluginBroken, match="could not be imported: SystemExit"):
            load("raise SystemExit(3)")

    def test_another_spec_version_is_incompatible_not_broken(self, load: Callable[[str], Provider]) -> None:
        with pytest.raises(PluginIncompatible, match="version 99 of the hooks") as caught:
            load(WHOLE.replace("batch_sizes=", "spec_version=99, batch_sizes="))
        assert "pip install --upgrade rundbrief rundbrief-paperboy" in caught.value.hint

    def test_an_info_without_a_version_means_the_first(self, load: Callable[[str], Provider]) -> None:
        """The host's own version would always fit, and say nothing."""
        assert load(WHOLE).info.spec_version == 1

    def test_a_missing_hook_is_named(self, load: Callable[[str], Provider]) -> None:
        with pytest.raises(PluginBroken, match="does not implement fetch_opt_ins"):
            load(with_hook("fetch_opt_ins", ""))

    def test_a_misspelt_hook_is_named(self, load: Callable[[str], Provider]) -> None:
        with pytest.raises(PluginBroken, match=r"'fetch_optins' that does not exist; .* 'fetch_opt_ins'"):
            load(
                WHOLE
                + dedent("""
                @hookimpl
                def fetch_optins(session):
                    return iter(())
                """)
            )

    def test_a_misspelt_parameter_is_named(self, load: Callable[[str], Provider]) -> None:
        body = """
        @hookimpl
        def import_lists(sesion):
            yield MailingList("1", "News")
        """
        with pytest.raises(PluginBroken, match="a parameter 'sesion' in import_lists, which has session"):
            load(with_hook("import_lists", body))

    def test_a_keyword_only_parameter_is_refused(self, load: Callable[[str], Provider]) -> None:
        body = """
        @hookimpl
        def import_lists(*, session):
            yield MailingList("1", "News")
        """
        with pytest.raises(PluginBroken, match="keyword-only parameter 'session' in import_lists"):
            load(with_hook("import_lists", body))

    def test_a_name_that_differs_from_the_entry_point_is_refused(self, load: Callable[[str], Provider]) -> None:
        with pytest.raises(PluginBroken, match="calls itself 'newsboy'"):
            load(WHOLE.replace('name="paperboy"', 'name="newsboy"'))

    def test_an_info_of_the_wrong_type_is_refused(self, load: Callable[[str], Provider]) -> None:
        with pytest.raises(PluginBroken, match="returned dict where ProviderInfo was expected"):
            load("from rundbrief.hookspecs import hookimpl\n" + with_info("return {'name': 'paperboy'}"))

    def test_an_info_that_raises_is_named(self, load: Callable[[str], Provider]) -> None:
        with pytest.raises(PluginBroken, match="raised ZeroDivisionError when asked for its info"):
            load("from rundbrief.hookspecs import hookimpl\n" + with_info("return 1 // 0"))

    def test_two_distributions_that_claim_one_name_are_both_named(self, install: Install) -> None:
        install("rundbrief-paperboy", "rundbrief_paperboy", WHOLE)
        install("better-paperboy", "better_paperboy", WHOLE)
        with pytest.raises(PluginBroken, match="better-paperboy and rundbrief-paperboy both offer"):
            load_provider("paperboy")

    def test_one_broken_plugin_does_not_break_the_others(self, install: Install) -> None:
        install("rundbrief-broken", "rundbrief_broken", "raise RuntimeError('no')", name="broken")
        install("rundbrief-paperboy", "rundbrief_paperboy", WHOLE)
        assert {"broken", "paperboy"} <= {plugin.name for plugin in installed()}
        assert load_provider("paperboy").info.name == "paperboy"
        with pytest.raises(PluginBroken):
            load_provider("broken")


class TestDeprecation:
    """A hook or parameter on its way out: the plugin still runs, and whoever looks is told."""

    class NextSpec(ProviderSpec):
        """A version of the specs in which `fetch_opt_ins` is about to lose its `cursor`."""

        @staticmethod
        @hookspec(
            firstresult=True,
            warn_on_impl_args={"cursor": DeprecationWarning("`cursor` goes in 2.0: use `position`.")},
        )
        def fetch_opt_ins(session, mailing_list, cursor, position):
            raise AssertionError("a specification is never called")

        @staticmethod
        @hookspec(firstresult=True, warn_on_impl=DeprecationWarning("`import_lists` goes in 2.0."))
        def import_lists(session):
            raise AssertionError("a specification is never called")

    def test_it_is_told_once_for_each(self, install: Install) -> None:
        install("rundbrief-paperboy", "rundbrief_paperboy", WHOLE)
        with pytest.warns(DeprecationWarning, match="goes in 2.0") as warned:
            loaded = load_plugin(PROVIDER_GROUP, "paperboy", self.NextSpec)
        told = {"`cursor` goes in 2.0: use `position`.", "`import_lists` goes in 2.0."}
        assert set(loaded.deprecations) == told
        assert {str(one.message) for one in warned} == told, "its author sees them in her own tests"

    def test_fewer_parameters_are_not_affected(self, install: Install) -> None:
        body = """
        @hookimpl
        def fetch_opt_ins(session, mailing_list):
            yield Checkpoint("end")
        """
        install("rundbrief-paperboy", "rundbrief_paperboy", with_hook("fetch_opt_ins", body))
        with pytest.warns(DeprecationWarning, match="import_lists"):
            loaded = load_plugin(PROVIDER_GROUP, "paperboy", self.NextSpec)
        assert loaded.deprecations == ("`import_lists` goes in 2.0.",)


def with_info(body: str) -> str:
    """Return the required hooks around a `provider_info` of one line."""
    return (
        dedent(f"""
    @hookimpl
    def provider_info():
        {body}
    """)
        + "from rundbrief.models import *\nfrom rundbrief.fields import FieldMap\n"
        + HOOKS
    )


class TestFacade:
    def test_an_item_of_the_wrong_type_is_the_plugins_fault(self, load: Callable[[str], Provider]) -> None:
        body = """
        @hookimpl
        def import_lists(session):
            yield {"id": "1"}
        """
        provider = load(with_hook("import_lists", body))
        with pytest.raises(PluginBroken, match="yielded dict where MailingList was expected"):
            list(provider.import_lists(SESSION))

    def test_a_list_instead_of_an_iterator_is_refused(self, load: Callable[[str], Provider]) -> None:
        body = """
        @hookimpl
        def import_lists(session):
            return [MailingList("1", "News")]
        """
        with pytest.raises(PluginBroken, match="returned list where an iterator was expected"):
            list(load(with_hook("import_lists", body)).import_lists(SESSION))

    def test_what_it_raises_in_mid_stream_gets_a_name_after_what_came_before(
        self, load: Callable[[str], Provider]
    ) -> None:
        body = """
        @hookimpl
        def fetch_opt_ins(session, mailing_list, cursor):
            yield Checkpoint("1")
            raise KeyError("members")
        """
        stream = load(with_hook("fetch_opt_ins", body)).fetch_opt_ins(SESSION, NEWS, None)
        assert next(stream).cursor == "1"  # type: ignore[union-attr]
        with pytest.raises(PluginBroken, match=r"raised KeyError \(rundbrief_paperboy, line \d+\)\.") as caught:
            next(stream)
        assert "members" not in str(caught.value), "who knows what is in it"
        assert isinstance(caught.value.__cause__, KeyError)

    def test_trouble_with_the_service_passes_as_it_is(self, load: Callable[[str], Provider]) -> None:
        body = """
        @hookimpl
        def fetch_opt_ins(session, mailing_list, cursor):
            yield Checkpoint("1")
            raise ServiceUnavailable("Paperboy is asleep.")
        """
        with pytest.raises(ServiceUnavailable, match="asleep"):
            list(load(with_hook("fetch_opt_ins", body)).fetch_opt_ins(SESSION, NEWS, None))

    def test_one_outcome_per_write(self, load: Callable[[str], Provider]) -> None:
        outcomes = export(load(WHOLE), "a", "b")
        assert [(one.key, one.result, one.reason) for one in outcomes] == [
            ("a", Result.DONE, Reason.NEW),
            ("b", Result.DONE, Reason.NEW),
        ]

    @pytest.mark.parametrize(
        ("answers", "complaint"),
        [
            ("['a', 'b', 'stranger']", "for a contact it was not asked about, or twice"),
            ("['a', 'a', 'b']", "for a contact it was not asked about, or twice"),
            ("['a']", "left 1 of 2 contacts without an outcome"),
        ],
    )
    def test_strangers_doubles_and_gaps_are_refused(
        self, load: Callable[[str], Provider], answers: str, complaint: str
    ) -> None:
        body = f"""
        @hookimpl
        def export_contacts(batch):
            for key in {answers}:
                yield Outcome(key, Result.DONE, Reason.NEW)
        """
        with pytest.raises(PluginBroken, match=complaint):
            export(load(with_hook("export_contacts", body)), "a", "b")

    def test_erasing_is_cut_up_and_each_part_is_checked(self, load: Callable[[str], Provider]) -> None:
        """Nothing but key, address and id goes along, whatever else the host knows."""
        body = """
        @hookimpl
        def erase_contacts(batch):
            for write in batch[:50]:
                nothing_else = write == type(write)(write.key, write.address, write.remote_id)
                yield Outcome(write.key, Result.DONE if nothing_else else Result.REFUSED, Reason.ERASED)
        """
        writes = [ContactWrite(str(n), f"{n}@example.org", fields={"name": "Jo"}, join=True) for n in range(120)]
        outcomes = load(WHOLE + dedent(body)).erase_contacts(SESSION, NEWS, writes)
        assert outcomes is not None
        assert [(one.key, one.result) for one in outcomes] == [(str(n), Result.DONE) for n in range(120)]

    def test_optional_hooks_answer_none_where_they_are_missing(self, load: Callable[[str], Provider]) -> None:
        provider = load(WHOLE)
        assert provider.check_connection(SESSION) is None
        assert provider.erase_contacts(SESSION, NEWS, [ContactWrite("a", "a@example.org")]) is None
        assert provider.sandbox() is None

    def test_an_answer_of_the_wrong_type_is_refused(self, load: Callable[[str], Provider]) -> None:
        body = """
        @hookimpl
        def map_custom_fields(session, mailing_list, wanted):
            return {}
        """
        with pytest.raises(PluginBroken, match="returned dict where FieldMap was expected"):
            load(with_hook("map_custom_fields", body)).map_custom_fields(SESSION, NEWS, [])


def export(provider: Provider, *keys: str) -> list[Outcome]:
    writes = [ContactWrite(key, f"{key}@example.org") for key in keys]
    return list(provider.export_contacts(SESSION, NEWS, WriteKind.CREATE, writes, FieldMap()))


class TestCrmPlugins:
    def test_a_crm_is_loaded_and_opened(self, install: Install, tmp_path: Path) -> None:
        source = """
        from marshmallow import Schema
        from rundbrief.hookspecs import CrmInfo, hookimpl

        @hookimpl
        def crm_info():
            return CrmInfo(name="cardbox", title="Card box", settings=Schema)

        @hookimpl
        def open_crm(settings, folder):
            return (settings, folder)
        """
        install("rundbrief-cardbox", "rundbrief_cardbox", source, name="cardbox", group=CRM_GROUP)
        plugin = load_crm("cardbox")
        assert plugin.info.title == "Card box"
        assert plugin.open({"path": "x"}, None, tmp_path) == ({"path": "x"}, tmp_path)

    def test_a_missing_crm_says_what_to_install(self) -> None:
        with pytest.raises(PluginMissing, match="The CRM 'rolodex' is not installed"):
            load_crm("rolodex")
