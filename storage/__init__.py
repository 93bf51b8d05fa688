"""TinyDB tables for the engines: transactions, files, migrations."""
