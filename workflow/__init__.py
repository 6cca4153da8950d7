"""Everything of syncdeck that is not a screen: the language, the server, the runs.

Nothing below this package imports Textual or :mod:`tui`; `pyproject.toml` holds the contracts.
"""
