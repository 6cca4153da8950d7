"""One door to the network, for the Airbyte client and for any document's plain calls.

:mod:`~workflow.http.door` opens it; :mod:`~workflow.http.messages` and
:mod:`~workflow.http.failures` are what goes through, and import no network library.
"""
