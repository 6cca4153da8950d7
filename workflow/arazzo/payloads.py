"""Linking a step's payload to what its operation takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from workflow.arazzo import bodies, templates
from workflow.arazzo.bodies import Form
from workflow.arazzo.model import Replacement, RequestBody, Step
from workflow.arazzo.openapi import Description
from workflow.arazzo.operations import ApiOperation
from workflow.arazzo.plan import BodyPlan
from workflow.arazzo.pointer import Pointer, has_place, index_of, print_pointer
from workflow.arazzo.problems import Findings
from workflow.arazzo.templates import ListOf, ObjectOf, Template
from workflow.arazzo.turns import Json

_MOST_DEPTH: Final = 20
_MOST_LOOKED_AT: Final = 200
"""How many replacements' places are looked for; those of the others are when they are sent."""


def _has_place(template: Template, target: Pointer, made: set[Pointer]) -> bool:
    """Whether a payload may have a replacement's place; what an expression gives is not known.

    `made` are the places of the replacements before.
    """
    here: Template = template
    for depth, token in enumerate(target):
        last = depth == len(target) - 1
        if target[: depth + 1] in made:
            return True
        if isinstance(here, templates.Literal):
            return has_place(here.value, target[depth:])
        if isinstance(here, ObjectOf):
            member = next((inner for name, inner in here.members if name == token), None)
            if member is None:
                return last
            here = member
        elif isinstance(here, ListOf):
            if token == "-":  # noqa: S105  (RFC 6901: the place after the last item)
                return last
            index = index_of(token, len(here.items))
            if index is None:
                return False
            here = here.items[index]
        else:
            return True
    return True


class PayloadLinker:
    """Links the body of one step."""

    def __init__(
        self, description: Description, operation: ApiOperation, findings: Findings
    ) -> None:
        self._description = description
        self._operation = operation
        self._findings = findings

    def link(self, step: Step) -> BodyPlan | None:
        """Return what the step sends; None when it has no body, or one that is reported."""
        body, operation = step.request_body, self._operation
        if body is None:
            if operation.body_required:
                self._findings.warn(
                    step.place,
                    "missing-body",
                    f"{operation.method} {operation.path} requires a body; step "
                    f"{step.step_id!r} sends none.",
                )
            return None
        media_type = body.content_type or self._usual_media_type()
        form = bodies.form_of(media_type)
        if form is None:
            self._findings.error(
                body.place,
                "unsupported",
                f"Bodies of the type {media_type} are not supported.",
                bodies.JSON,
            )
            return None
        template = body.payload if body.payload is not None else templates.Literal({})
        self._check_replacements(body, media_type, form)
        no_json = bodies.why_no_json(template) if form == "json" else None
        if no_json is not None:
            self._findings.warn(
                body.place,
                "payload",
                f"The payload looks like JSON and is none ({no_json}); it is sent as one text.",
            )
        if form in ("json", "form"):
            schema = self._schema(media_type)
            template = self._with_required(template, schema, 0)
        replacements = tuple((item.target, item.value) for item in body.replacements)
        return BodyPlan(template, replacements, media_type, form, operation.body_required)

    def _check_replacements(self, body: RequestBody, media_type: str, form: Form) -> None:
        """Refuse replacements in what has no places that a JSON Pointer could name."""
        is_text = body.payload is not None and bodies.is_text(body.payload)
        if body.replacements and (form in ("xml", "text") or (form == "form" and is_text)):
            self._findings.error(
                body.replacements[0].place,
                "unsupported",
                f"Replacements in a payload that is one text of the type {media_type} are not "
                "supported; write the expressions into the payload.",
            )
            return
        if body.payload is not None and not is_text:
            self._check_places(body.payload, body.replacements[:_MOST_LOOKED_AT])

    def _check_places(self, payload: Template, replacements: tuple[Replacement, ...]) -> None:
        made: set[Pointer] = set()
        for item in replacements:
            if not _has_place(payload, item.target, made):
                self._findings.error(
                    item.place,
                    "unknown-place",
                    f"The payload has no place {print_pointer(item.target)!r}.",
                )
            made.add(item.target)

    def _usual_media_type(self) -> str:
        declared = [name for name in self._operation.media_types if "*" not in name]
        for name in declared:
            if bodies.form_of(name) == "json":
                return name
        return declared[0] if declared else bodies.JSON

    def _schema(self, media_type: str) -> Json:
        wanted = media_type.partition(";")[0].strip().lower()
        for name, schema in self._operation.media_types.items():
            if name.partition(";")[0].strip().lower() == wanted:
                return schema
        return None

    def _with_required(self, template: Template, schema: Json, depth: int) -> Template:
        """Mark in a payload which members the description requires."""
        if depth > _MOST_DEPTH:
            return template
        if not isinstance(template, ListOf | ObjectOf):
            return template
        shape = self._description.references.shape(schema)
        if isinstance(template, ListOf):
            return ListOf(
                tuple(self._with_required(i, shape.items, depth + 1) for i in template.items)
            )
        return replace(
            template,
            members=tuple(
                (name, self._with_required(member, shape.member(name), depth + 1))
                for name, member in template.members
            ),
            required=frozenset(name for name, _ in template.members if shape.requires(name)),
        )
