"""Which turns of a machine are worth a checkpoint."""

from __future__ import annotations

from tests.support.virtual_time import clock, run_virtual
from tests.unit.arazzo.engine import ok, program, steps
from workflow.arazzo.turns import Answer, Elapsed
from workflow.runs.milestones import EVERY, Milestones

ASKS_AGAIN = steps("""
- stepId: order
  operationId: createItem
  requestBody: {payload: {name: x}}
- stepId: look
  operationId: getItem
  parameters: [{name: id, in: path, value: 1}]
  onSuccess: [{name: again, type: goto, stepId: look}]
""")
ORDERS_AGAIN = steps("""
- stepId: order
  operationId: createItem
  requestBody: {payload: {name: x}}
  onSuccess: [{name: again, type: goto, stepId: order}]
""")
TAKES_TURNS = steps("""
- stepId: look
  operationId: getItem
  parameters: [{name: id, in: path, value: 1}]
- stepId: list
  operationId: listItems
  onSuccess: [{name: again, type: goto, stepId: look}]
""")
WAITS = steps("""
- stepId: look
  operationId: getItem
  parameters: [{name: id, in: path, value: 1}]
  onFailure: [{name: later, type: retry, retryAfter: 5, retryLimit: 3}]
""")


def checkpoints(document: bytes, answers: list[Answer], pause: float = 3.0) -> list[bool]:
    """Say for each turn of a run whether it is written; before each answer there is a pause."""

    async def play() -> list[bool]:
        time, compiled = clock(), program(document)
        milestones, turn = Milestones(time), compiled.start({})
        passed = [milestones.pass_by(turn)]
        for answer in answers:
            await time.sleep(pause)
            turn = compiled.advance(turn.state, answer)
            passed.append(milestones.pass_by(turn))
        return passed

    return run_virtual(play())


def test_each_new_step_is_written_and_a_poll_that_comes_again_is_not() -> None:
    assert checkpoints(ASKS_AGAIN, [ok()] * 4) == [True, True, False, False, False]


def test_a_step_that_polls_is_written_once_a_minute() -> None:
    passed = checkpoints(ASKS_AGAIN, [ok()] * 5, pause=EVERY / 2)
    assert passed == [True, True, False, True, False, True]


def test_every_call_that_must_not_be_sent_twice_is_written() -> None:
    assert checkpoints(ORDERS_AGAIN, [ok()] * 3) == [True, True, True, True]


def test_steps_that_take_turns_are_written_each_time() -> None:
    assert checkpoints(TAKES_TURNS, [ok()] * 4) == [True, True, True, True, True]


def test_a_wait_is_written_and_the_attempt_after_it_is_not() -> None:
    assert checkpoints(WAITS, [ok(status=503), Elapsed()]) == [True, True, False]


def test_the_end_is_not_written_as_a_place_to_go_on_from() -> None:
    assert checkpoints(WAITS, [ok()]) == [True, False]
