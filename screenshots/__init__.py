"""Pictures of the real app on the sandbox, made by one command: ``python -m screenshots``."""
