"""Cells that a spreadsheet takes for text.

A cell that begins like a formula is run when the file is opened (https://owasp.org/www-community/attacks/CSV_Injection),
and a phone number that begins with + loses its plus. An apostrophe before it prevents both. Whoever reads the cell
takes it off again, and off nothing else.
"""

import re

__all__ = ["protect", "unprotect"]

_STARTS_A_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]")  # the last four are the full-width ones
_A_NUMBER = re.compile(r"-?[0-9]+(,[0-9]+)?")


def protect(text: str) -> str:
    """Put an apostrophe before a text that begins like a formula, or like one that was protected already.

    A negative number stays a number.
    """
    is_risky = _STARTS_A_FORMULA.match(text) and not _A_NUMBER.fullmatch(text)
    return f"'{text}" if is_risky else text


def unprotect(cell: str) -> str:
    """Undo `protect`."""
    return cell[1:] if cell.startswith("'") and _STARTS_A_FORMULA.match(cell) else cell
