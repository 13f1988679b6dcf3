"""Disks that are full, cut off or damaged: the real command line on them, and what has become of everybody."""

from disk.commands import Commands, Done
from disk.stage import Stage, Standing

__all__ = ["Commands", "Done", "Stage", "Standing"]
