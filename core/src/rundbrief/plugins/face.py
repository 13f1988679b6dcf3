"""What every loaded plugin has, whatever it is for."""

from typing import Generic

from rundbrief.plugins.loading import Info, LoadedPlugin

__all__ = ["Face"]

_INFOS = frozenset({"crm_info", "observer_info", "provider_info"})


class Face(Generic[Info]):
    """A plugin's typed face: where it comes from, what it says of itself, and what it can do."""

    def __init__(self, loaded: LoadedPlugin, info: Info) -> None:
        self.plugin = loaded.plugin
        self.info: Info = info
        self.capabilities = loaded.hooks - _INFOS
        """The hooks the plugin implements."""
        self.deprecations = loaded.deprecations
        """Sentences about what it uses, and a later version will not have any more."""
        self._loaded = loaded
        self._hook = loaded.manager.hook
