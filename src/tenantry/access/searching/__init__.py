"""How the directory of a large organization is searched (docs/decisions/0019-search-tables.md)."""
