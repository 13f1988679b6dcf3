"""CSV files as people have them: their encoding and separator found out, their records with line numbers."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rundbrief.errors import InputError

__all__ = ["CsvFile", "Record"]

_DELIMITERS = ";,\t"
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """One record. It may run over several lines, when cells in quotation marks hold line breaks."""

    line: int
    """The line of the file on which it begins; the first is 1."""
    cells: Sequence[str]
    problem: str = ""
    """Why it could not be read, as a sentence; then there are no cells."""


class CsvFile:
    """A CSV file with its headings.

    The encoding is what a byte order mark says; else UTF-8 if the whole file is that, else Windows-1252. The
    separator is the semicolon, comma or tab that cuts the headings into most parts.

    Raises:
        InputError: the file cannot be read, is empty, is no text, or its headings cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._encoding = self._find_encoding()
            headings = [self._headings(delimiter) for delimiter in _DELIMITERS]
        except OSError as error:
            raise InputError(f"The file {path} cannot be read: {error.strerror}.") from None
        best = max(headings, key=lambda record: len(record.cells))
        self._delimiter = _DELIMITERS[headings.index(best)]
        problem = next((record.problem for record in headings if record.problem), "")
        if problem and len(best.cells) < 2:
            raise InputError(f"The headings of {path.name} cannot be read. {problem}")
        if not any(cell.strip(f"{_DELIMITERS} ") for cell in best.cells):
            raise InputError(f"The file {path.name} is empty.", hint="Its first line has to hold the headings.")
        self.headings = best.cells

    def records(self) -> Iterator[Record]:
        """Yield the records after the headings; those with nothing in them are left out."""
        records = self._read(self._delimiter)
        next(records)
        return records

    def _find_encoding(self) -> str:
        with self.path.open("rb") as file:
            start = file.read(4)
        for mark, encoding in _BYTE_ORDER_MARKS.items():
            if start.startswith(mark):
                return self._checked(encoding)
        try:
            return self._checked("utf-8")
        except InputError:
            return self._checked("cp1252")

    def _checked(self, encoding: str) -> str:
        try:
            with self.path.open(encoding=encoding, newline="") as file:
                while file.read(_CHUNK):
                    pass
        except UnicodeError:
            raise InputError(
                f"The text of {self.path.name} is neither UTF-8 nor Windows-1252.",
                hint="Save it from the spreadsheet as 'CSV UTF-8'.",
            ) from None
        return encoding

    def _headings(self, delimiter: str) -> Record:
        return next(self._read(delimiter), Record(1, ()))

    def _read(self, delimiter: str) -> Iterator[Record]:
        with self.path.open(encoding=self._encoding, newline="") as file:
            rows = csv.reader(file, delimiter=delimiter, strict=True)
            while True:
                line = rows.line_num + 1
                try:
                    cells = next(rows)
                except StopIteration:
                    return
                except csv.Error:
                    yield Record(line, (), _unreadable(line, rows.line_num))
                    continue
                if any("\0" in cell for cell in cells):
                    yield Record(line, (), "It holds a NUL character, which no text does.")
                elif any(cell.strip() for cell in cells):
                    yield Record(line, cells)


def _unreadable(first: int, last: int) -> str:
    lost = f" Lines {first} to {last} were taken for one row." if last > first else ""
    return f"The quotation marks do not match.{lost}"
