"""Rows that are remembered as bytes are what a fresh look would give."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.unit.sandbox.worlds import HOME, START, STEADY, connection, world
from workflow.sandbox.model import Cause, JobType, Tag, TagId
from workflow.sandbox.rendered import ConnectionTexts, job_text
from workflow.sandbox.wire import connection_json

TAG = Tag(TagId("t-1"), HOME, "gold", "FFD700")


def test_a_job_is_shown_as_it_is_at_every_moment_of_its_life() -> None:
    target = connection(behaviour=replace(STEADY, first_failures=1, row_bytes=10))
    played = world(target)
    job = played.begin(target, JobType.SYNC, Cause("colleague"))
    seen: list[tuple[str, int, bool, bool]] = []
    while not job.ended:
        played.advance(played.now + 10)
        text = job_text(job, job.shown_status, played.now, played.speed, totals=True)
        shown = json.loads(text)
        assert shown["status"] == job.shown_status
        assert shown["bytesSynced"] == 10 * shown["rowsSynced"]
        seen.append(
            (shown["status"], shown["rowsSynced"], "duration" in shown, "lastUpdatedAt" in shown)
        )

    assert {status for status, *_ in seen} == {"running", "incomplete", "succeeded"}
    assert seen[-1] == ("succeeded", 1_000, True, True)
    assert len({rows for _, rows, *_ in seen}) > 5
    assert not any(ended for *_, ended in seen[:-1])


def test_two_servers_with_the_same_job_id_do_not_share_its_row() -> None:
    for began in (START, START + 60):
        played = world(connection(), start=began)
        job = played.begin(connection(), JobType.SYNC, Cause("colleague"))
        text = job_text(job, job.shown_status, played.now, played.speed, totals=False)
        assert json.loads(text)["startTime"] == (
            "2026-03-25T01:30Z" if began == START else "2026-03-25T01:31Z"
        )


def test_a_connection_is_remembered_until_it_changes() -> None:
    played = world(connection())
    texts = ConnectionTexts(played.catalogue)
    (place,) = played.catalogue.connections.values()
    assert texts.of(place) is texts.of(place)

    changed = played.change_connection(replace(place, name="renamed", status="inactive"))
    assert json.loads(texts.of(changed)) == connection_json(changed, played.catalogue)


def test_a_connection_shows_its_tags_as_they_are_now() -> None:
    place = connection(tag_ids=(TAG.id,))
    played = world(place)
    played.catalogue.add_tag(TAG)
    texts = ConnectionTexts(played.catalogue)
    assert json.loads(texts.of(place))["tags"][0]["name"] == "gold"

    played.catalogue.add_tag(replace(TAG, name="silver"))
    assert json.loads(texts.of(place))["tags"][0]["name"] == "silver"
    played.catalogue.remove_tag(TAG.id)
    assert json.loads(texts.of(played.catalogue.connections[place.id]))["tags"] == []
