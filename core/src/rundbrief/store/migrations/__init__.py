"""The schema's history, oldest first in `versions/`."""

HEAD = "0008"
"""The newest revision. Kept here so that an up-to-date database is opened without importing alembic."""
