"""Every error of rundbrief, arranged by what has to happen next.

====================  ===========================================  =========
branch                what to do                                   exit code
====================  ===========================================  =========
`FixSettings`         change the configuration or the command      10-19
`SignInAgain`         renew the key, or ask for a missing right    20-29
`TryLater`            wait; the next run goes on where this ended  30-39
`ProtocolError`       the service broke its contract: report it    40-49
`StateError`          look after the state database                50-59
`GuardRail`           look at the numbers, then allow it by hand   60
`Interrupted`         nothing; the next run goes on                130
====================  ===========================================  =========

A message is one sentence in plain words. `hint` says what to do next. Neither ever holds a secret or a full
address: use `rundbrief.models.mask_address` for addresses.
"""

__all__ = [
    "ConnectionUnknown",
    "ErasureKeyLost",
    "ErasureUnfinished",
    "FixSettings",
    "GuardRail",
    "ImportFirst",
    "InputError",
    "Interrupted",
    "JournalBroken",
    "ListUnknown",
    "PermissionMissing",
    "PluginBroken",
    "PluginError",
    "PluginIncompatible",
    "PluginMissing",
    "ProtocolError",
    "RateLimited",
    "RunLocked",
    "RundbriefError",
    "ServiceUnavailable",
    "SettingsError",
    "SignInAgain",
    "StateBusy",
    "StateCorrupt",
    "StateError",
    "StateForeign",
    "StateFull",
    "StateInconsistent",
    "StateTooNew",
    "StateUnwritable",
    "TryLater",
]


class RundbriefError(Exception):
    """The root: something a user can be told in a sentence.

    Args:
        message: what happened, without secrets and without a full address.
        hint: what to do next; empty when the message says it already.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


# --- fix the settings -------------------------------------------------------------------------------------


class FixSettings(RundbriefError):
    """The configuration or the command line asks for something that cannot be."""

    exit_code = 10


class SettingsError(FixSettings):
    """rundbrief.toml, an environment variable or a secret reference is wrong."""


class InputError(FixSettings):
    """A file or a value that the user handed over cannot be read."""

    exit_code = 11


class ConnectionUnknown(FixSettings):
    """No connection of that name stands in the configuration."""

    exit_code = 12


class ListUnknown(FixSettings):
    """The service has no list of that id."""

    exit_code = 13


class ImportFirst(FixSettings):
    """An export was asked for before the list was imported once."""

    exit_code = 14


class PluginError(FixSettings):
    """A plugin cannot be used."""

    exit_code = 15


class PluginMissing(PluginError):
    """No installed distribution offers a plugin of that name."""

    exit_code = 16


class PluginBroken(PluginError):
    """The plugin is installed, but importing it failed or its hooks do not fit."""

    exit_code = 17


class PluginIncompatible(PluginError):
    """The plugin was written for another version of the hook specs."""

    exit_code = 18


# --- sign in again ----------------------------------------------------------------------------------------


class SignInAgain(RundbriefError):
    """The service refused the key or token."""

    exit_code = 20


class PermissionMissing(SignInAgain):
    """The key is valid, but lacks a right."""

    exit_code = 21


# --- try later --------------------------------------------------------------------------------------------


class TryLater(RundbriefError):
    """Nothing is wrong with the request; the time is. The next run goes on where this one ended."""

    exit_code = 30


class ServiceUnavailable(TryLater):
    """The service could not be reached, or answered with 5xx, until the time for retries was used up."""


class RateLimited(TryLater):
    """The service asks for more patience than a run has.

    Args:
        retry_after: seconds to wait, as far as known.
    """

    exit_code = 31

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class RunLocked(TryLater):
    """Another run holds this connection."""

    exit_code = 32


class ErasureUnfinished(TryLater):
    """Somebody could not be erased everywhere; the same command goes on where it ended."""

    exit_code = 33


# --- the service broke its contract ----------------------------------------------------------------------


class ProtocolError(RundbriefError):
    """An answer that the service's own documentation does not allow."""

    exit_code = 40


# --- the state database -----------------------------------------------------------------------------------


class StateError(RundbriefError):
    """The state database or the embedded CRM cannot be used."""

    exit_code = 50


class StateTooNew(StateError):
    """A newer rundbrief has written this database."""

    exit_code = 51


class StateUnwritable(StateError):
    """The database, or its folder, cannot be written."""

    exit_code = 52


class StateFull(StateUnwritable):
    """There is no room left for the database or another file: the disk is full, or a quota is reached."""

    exit_code = 55


class StateBusy(StateUnwritable):
    """Another process has been writing to the database for too long."""

    exit_code = 56


class StateCorrupt(StateError):
    """The file is not a database, or a damaged one."""

    exit_code = 53


class JournalBroken(StateError):
    """An entry of the consent journal is not as it was written, or is missing."""

    exit_code = 54


class ErasureKeyLost(StateError):
    """The state knows of persons who were erased, and the key to who they were is missing, or another one."""

    exit_code = 59


class StateForeign(StateCorrupt):
    """The file is a database, and a sound one, but of something else."""

    exit_code = 57


class StateInconsistent(StateError):
    """The database can be read, but what stands in it does not fit together."""

    exit_code = 58


# --- stopped ----------------------------------------------------------------------------------------------


class GuardRail(RundbriefError):
    """A run would take away more consents than the configuration allows; nothing was written."""

    exit_code = 60


class Interrupted(RundbriefError):
    """Stopped by the user or by the service manager, between two effects."""

    exit_code = 130
