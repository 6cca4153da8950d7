"""`python -m tui` is `syncdeck`."""

from tui.cli import main

main()
