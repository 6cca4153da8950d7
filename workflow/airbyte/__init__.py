"""The Airbyte server as its public API behaves.

:mod:`~workflow.airbyte.client` has a typed method per endpoint, :mod:`~workflow.airbyte.feed`
is the one poller per profile. What a run makes of it belongs to :mod:`workflow.runs`.
"""
