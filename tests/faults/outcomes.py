"""What came of a job that met a fault, and whether it may be so."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from faults.stage import LEAVES_NOW, Stage
from rundbrief.engine import RunReport
from rundbrief.errors import PluginError, RundbriefError

__all__ = ["Ending", "Outcome", "judged"]


@dataclass(frozen=True)
class Outcome:
    """A cell of the matrix."""

    word: str
    """`as ever`, `retried`, `contacts`, `noted`, or the exit code of a run that was stopped."""
    message: str = ""
    """What was said when it was stopped."""
    complaints: tuple[str, ...] = ()
    """What may not be so: each is a bug."""

    @property
    def has_ended_the_job(self) -> bool:
        return self.word.isdecimal()


@dataclass
class Ending:
    """What there was to see when a job had ended, and after the undisturbed run that followed."""

    error: str
    exit_code: int | None
    is_foreseen: bool
    """No error, or one of ours."""
    requests: int
    said: Any
    """What a job without a report has told."""
    lines: set[tuple[str, str, str]]
    """Of contacts that something was not done for: address, result, reason."""
    problems: set[str]
    service: dict[str, Any]
    crm: Counter[tuple[str, str, str]]
    aftermath: list[str] = field(default_factory=list)
    """What went wrong in the run that followed."""
    final: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, stage: Stage, report: Any, error: BaseException | None, requests: int) -> "Ending":
        is_run = isinstance(report, RunReport)
        return cls(
            error="" if error is None else f"{type(error).__name__}: {error}",
            exit_code=error.exit_code if isinstance(error, RundbriefError) else None,
            is_foreseen=error is None or _is_ours(error),
            requests=requests,
            said=None if is_run else report,
            lines=stage.lines_of(report.run_id) if is_run else set(),
            problems=set(report.problems) if is_run else set(),
            service=stage.at_service(),
            crm=stage.at_crm(),
        )

    def settle(self, stage: Stage) -> None:
        """Note where everything has come to rest."""
        self.final = {
            "service": stage.at_service(),
            "crm": stage.at_crm(),
            "fields": stage.fields_there(),
            "mails": Counter(stage.service.confirmation_mails),
            **stage.on_record(),
        }


def _is_ours(error: BaseException) -> bool:
    """Tell whether somebody has thought of it; what a plugin has not is a `PluginError`."""
    return isinstance(error, RundbriefError) and not isinstance(error, PluginError)


def judged(disturbed: Ending, calm: Ending) -> Outcome:
    """Return what came of a job, beside the same job without the fault."""
    complaints = tuple(_complaints(disturbed, calm))
    if disturbed.error:
        return Outcome(str(disturbed.exit_code or "trace"), disturbed.error, complaints)
    if disturbed.lines - calm.lines:
        reasons = ", ".join(sorted({reason for _, _, reason in disturbed.lines - calm.lines}))
        return Outcome("contacts", reasons, complaints)
    if disturbed.problems - calm.problems or disturbed.said != calm.said:
        return Outcome("noted", "; ".join(sorted(disturbed.problems - calm.problems)), complaints)
    return Outcome("retried" if disturbed.requests > calm.requests else "as ever", "", complaints)


def _complaints(disturbed: Ending, calm: Ending) -> Iterator[str]:
    if not disturbed.is_foreseen:
        yield f"nobody has foreseen it: {disturbed.error}"
    if not disturbed.error:
        yield from _silences(disturbed, calm)
    yield from disturbed.aftermath
    for what, expected in calm.final.items():
        if disturbed.final.get(what) != expected:
            yield f"afterwards {what} differ: {_difference(disturbed.final.get(what), expected)}"


def _silences(disturbed: Ending, calm: Ending) -> Iterator[str]:
    """Yield what was not done, and not told."""
    for missing in sorted(calm.problems - disturbed.problems):
        if not disturbed.problems - calm.problems:
            yield f"silent: it is not noted any more that {missing}"
    told = {address for address, _, _ in disturbed.lines - calm.lines} | {LEAVES_NOW}
    for address in sorted(disturbed.service.keys() | calm.service.keys()):
        now, expected = disturbed.service.get(address), calm.service.get(address)
        if now != expected and address not in told:
            yield f"silent: at the service {address} is {now}, and should be {expected}"
    different = (disturbed.crm - calm.crm) + (calm.crm - disturbed.crm)
    for address in sorted({one[0] for one in different} - told):
        yield f"silent: in the CRM {address} differs"


def _difference(found: Any, expected: Any) -> str:
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        keys = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
        return "; ".join(f"{key}: {found.get(key)} for {expected.get(key)}" for key in sorted(keys, key=str))
    if isinstance(expected, list) and isinstance(found, list):
        new = [one for one in found if one not in expected]
        return f"{new} for {[one for one in expected if one not in found]}"
    return f"{found} for {expected}"
