"""What a form knows of a workflow's inputs, and what a text means for one of them."""

from __future__ import annotations

import pytest

from tui.input_values import InputField, NotOfTypeError, fields_of, typed
from workflow.arazzo.inputs import Inputs
from workflow.arazzo.turns import Json


def fields(schema: Json, **components: Json) -> dict[str, InputField]:
    return {field.name: field for field in fields_of(Inputs.of("w", schema, components))}


def test_inputs_stand_in_the_order_of_the_document_with_what_is_said_of_them() -> None:
    found = fields(
        {
            "type": "object",
            "required": ["zone"],
            "properties": {
                "zone": {"type": "string", "enum": ["a", "b"], "description": "Where."},
                "limit": {"type": "integer", "default": 5},
                "key": {"type": "string", "format": "password"},
            },
        }
    )
    assert list(found) == ["zone", "limit", "key"]
    assert found["zone"].choices == ("a", "b")
    assert (found["zone"].required, found["zone"].description) == (True, "Where.")
    assert (found["limit"].default, found["limit"].required) == (5, False)
    assert (found["limit"].secret, found["key"].secret) == (False, True)


def test_what_references_and_allof_say_counts_too() -> None:
    found = fields(
        {"allOf": [{"$ref": "#/components/inputs/base"}, {"required": ["size"]}]},
        base={"properties": {"size": {"$ref": "#/components/inputs/size"}}},
        size={"type": "integer", "default": 3},
    )
    assert found["size"] == InputField("size", frozenset({"integer"}), (), 3, required=True)


def test_a_truth_value_is_chosen_of_two() -> None:
    assert fields({"properties": {"dry": {"type": "boolean"}}})["dry"].choices == (True, False)


@pytest.mark.parametrize(
    ("text", "types", "value"),
    [
        ("007", {"string"}, "007"),
        ("7", {"integer"}, 7),
        ('["a"]', {"array"}, ["a"]),
        ("7", set(), 7),
        ("seven", set(), "seven"),
    ],
)
def test_a_text_is_read_by_its_inputs_types(text: str, types: set[str], value: Json) -> None:
    assert typed(text, frozenset(types)) == value


@pytest.mark.parametrize("text", ["seven", "NaN", "1e999", "[" * 10_000])
def test_a_text_of_another_type_is_refused(text: str) -> None:
    with pytest.raises(NotOfTypeError, match="integer or null"):
        typed(text, frozenset({"integer", "null"}))
