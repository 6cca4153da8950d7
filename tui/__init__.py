"""The faces of syncdeck: the command line, the plain and JSON lines, and the deck."""

__version__ = "0.1.0"
