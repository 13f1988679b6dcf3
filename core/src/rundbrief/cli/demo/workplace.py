"""Where the demo plays: a folder of its own, with a rundbrief.toml that reaches sandboxes on ports."""

import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rundbrief.cli.demo.stage import Stage
from rundbrief.cli.toml import connection_table, crm_table

if TYPE_CHECKING:
    from rundbrief.testing.crm_sandbox import CrmSandbox
    from rundbrief.testing.sandbox import Sandbox

__all__ = ["ask", "workplace"]


@contextmanager
def workplace(connections: "Mapping[str, Sandbox]", crm: "CrmSandbox | None" = None) -> Iterator[None]:
    """Serve the sandboxes, and be in a folder whose rundbrief.toml names each as a connection.

    Args:
        crm: the CRM; None is the embedded one, in that folder.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="rundbrief-demo-"))
        stack.enter_context(chdir(folder))
        tables = [
            connection_table(name, sandbox.settings(stack.enter_context(sandbox.serve())))
            for name, sandbox in connections.items()
        ]
        crm_url = stack.enter_context(crm.application.serve()) if crm and crm.application else ""
        tables.insert(0, crm_table(crm.settings(crm_url) if crm else {"plugin": "local"}))
        Path("rundbrief.toml").write_text("\n".join(tables), encoding="utf-8")
        hidden = {name: os.environ.pop(name, None) for name in ("RUNDBRIEF_CONFIG", "RUNDBRIEF_STATE")}
        for sandbox in connections.values():
            os.environ.update(sandbox.environ())
        if crm:
            os.environ.update(crm.environ())
        try:
            yield
        finally:
            os.environ.update({name: value for name, value in hidden.items() if value is not None})


def ask(stage: Stage, *args: str) -> Any:
    """Return what a command answers with --json."""
    from rundbrief.cli.app import cli

    with redirect_stdout(io.StringIO()) as answer:
        code = cli.main([*args, "--json"], prog_name="rundbrief", standalone_mode=False)
    stage.check(not code, f"`rundbrief {args[0]} --json` works")
    return json.loads(answer.getvalue())
