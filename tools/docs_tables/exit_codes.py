"""Exit codes: every error, and the code that it ends the program with."""

from collections.abc import Iterator

from docs_tables.markdown import table
from rundbrief import errors

__all__ = ["exit_codes_table"]


def exit_codes_table() -> str:
    """Return a table of every error, parents before children, in the order of their exit codes."""
    return table(
        ["Exit code", "Error", "Meaning"],
        (
            [str(error.exit_code), f"`{error.__name__}`", (error.__doc__ or "").partition("\n")[0]]
            for error in sorted(_errors(), key=lambda error: (error.exit_code, len(error.__mro__)))
        ),
    )


def _errors() -> Iterator[type[errors.RundbriefError]]:
    for name in errors.__all__:
        error = getattr(errors, name)
        if error is not errors.RundbriefError:
            yield error
