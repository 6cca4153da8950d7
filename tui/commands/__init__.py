"""The commands of `syncdeck`, one module a group; each is imported when it is called.

Modules here import at their top only what parsing a command line needs. Whatever opens sockets,
journals or screens is imported inside the function that does it, so that `--help` stays quick.
"""
