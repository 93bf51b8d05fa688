"""TinyDB tables for the engines, on a write-ahead journal: transactions, files, migrations. See docs/storage.md."""

from storage.backup import backup, restore
from storage.repair import RepairReport, repair
from storage.store import JournalStore, open_store

__all__ = ["JournalStore", "RepairReport", "backup", "open_store", "repair", "restore"]
