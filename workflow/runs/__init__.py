"""What an operator starts and watches: runs, launches, the fleet that looks after them.

The vocabulary of facts is in :mod:`~workflow.runs.events`; everything a face shows is a fold over
them (:mod:`~workflow.runs.run`, :mod:`~workflow.runs.launch`). The screens and the headless
commands use :mod:`~workflow.runs.fleet` and nothing below it.
"""
