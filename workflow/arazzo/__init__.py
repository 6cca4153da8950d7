"""The language: Arazzo documents, read, checked and interpreted.

This package is pure. It opens no file or socket, knows no clock and no event loop, draws no
random number and writes no log. It is given bytes and answers; it says what is wrong with a
document, what to call next and what happened. Whoever drives it (``workflow.runs``) sends the
requests, sleeps, and writes down the facts.

The way through it: :func:`workflow.arazzo.document.load` reads a document,
:func:`workflow.arazzo.openapi.load_description` a description of an API, and
:func:`workflow.arazzo.program.compile_program` joins them into a ``Program`` that many runs
share. ``Program.start`` and ``Program.advance`` give a :class:`workflow.arazzo.turns.Turn`.
``README.md`` beside this file has an example and the table of decisions.
"""
