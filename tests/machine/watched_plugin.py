"""The CRM plugin `watched`, installed as an installer would: by metadata on the path."""

from pathlib import Path

__all__ = ["write_metadata"]


def write_metadata(site: Path) -> None:
    """Make a folder that, once it is on the path, has the plugin."""
    metadata = site / "rundbrief_watched-1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: rundbrief-watched\nVersion: 1.0\n")
    metadata.joinpath("entry_points.txt").write_text("[rundbrief.crms]\nwatched = machine.watched_crm\n")
