"""Documents and descriptions that mean harm, by name.

Run as a program it takes them all, one after the other, and prints a JSON line for each: its
name, the seconds of CPU it took, the peak of memory so far in MB, and what came of it.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import threading
import time
from functools import cache
from pathlib import Path

from tests.unit.arazzo.engine import API, HEAD, document, ok, steps
from workflow.arazzo.document import load
from workflow.arazzo.model import Document
from workflow.arazzo.openapi import load_description
from workflow.arazzo.problems import DocumentError, InputError
from workflow.arazzo.program import compile_program
from workflow.arazzo.turns import Elapsed, Finished, Json, Wait

_BOMB = "\n".join(
    ["x-a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"x-a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
)
_DOUBLING = "{" + ", ".join(
    [f"s{n}: {{allOf: [{{$ref: '#/components/inputs/s{n + 1}'}}, "
     f"{{$ref: '#/components/inputs/s{n + 1}'}}]}}" for n in range(40)] + ["s40: {type: object}"]
) + "}"  # fmt: skip


def schema(text: str) -> bytes:
    return steps("- {stepId: a, operationId: refresh}", inputs=text)


def condition(text: str) -> bytes:
    return steps(f"- {{stepId: a, operationId: refresh, successCriteria: [{text}]}}")


EXPLODING = condition(
    "{context: $response.body#/t, type: regex, condition: '^(a|aa)+$'}, "
    "{context: $response.body#/t, type: regex, condition: '^(.*?,){20}P'}"
)

DOCUMENTS: dict[str, bytes] = {
    "aliases that multiply": (HEAD + _BOMB + "\nworkflows: []\n").encode(),
    "an alias inside what it names": (HEAD + "workflows: &w [*w]\n").encode(),
    "a merge key bomb": (HEAD + "x-a: &a {<<: {}, k: 1}\nworkflows: [{<<: *a}]\n").encode(),
    "10 MB of brackets": b"[" * 10_000_000,
    "a megabyte of brackets": b"[" * 999_999,
    "a megabyte of braces": b"{a: " * 249_999,
    "a megabyte of dashes": b"- " * 499_999,
    "deep block nesting": b"\n".join(b" " * n + b"a:" for n in range(1_300)),
    "half a million values": b"[" + b"a," * 499_000 + b"]",
    "a hundred thousand keys": HEAD.encode()
    + b"".join(b"key%d: 1\n" % n for n in range(70_000)),
    "a hundred thousand odd names": HEAD.encode() + b"components:\n  inputs:\n"
    + b"".join(b"    k %d: {}\n" % n for n in range(40_000)),
    "thousands of duplicate keys": HEAD.encode() + b"a: 1\n" * 40_000,
    "a thousand inputs that nobody has": steps(
        "- {stepId: a, operationId: refresh, outputs: {"
        + ", ".join(f"o{n}: $inputs.name{n}" for n in range(9_000)) + "}}",
        inputs="{properties: {" + ", ".join(f"nome{n}: {{}}" for n in range(9_000)) + "}}",
    ),
    "thousands of patterns": schema(
        "{properties: {" + ", ".join(f"p{n}: {{pattern: '^(a|b{n})*$'}}" for n in range(5_000))
        + "}}"
    ),
    "one schema for hundreds of workflows": HEAD.encode() + b"workflows:\n"
    + b"- {workflowId: w, inputs: {$ref: '#/components/inputs/big'}, steps: "
      b"[{stepId: s, operationId: refresh}]}\n" * 490
    + b"components: {inputs: {big: {properties: {"
    + b", ".join(b"p%d: {type: string}" % n for n in range(4_000)) + b"}}}}\n",
    "thousands of conditions": steps("- {stepId: a, operationId: refresh, successCriteria: ["
        + ", ".join(f"{{condition: $response.body#/a{n} == {n}}}" for n in range(8_000)) + "]}"),
    "thousands of queries": steps("- {stepId: a, operationId: refresh, successCriteria: ["
        + ", ".join(f"{{context: $response.body, type: jsonpath, condition: '$[?@.a == {n}]'}}"
                    for n in range(5_000)) + "]}"),
    "a megabyte of one text": b"arazzo: " + b"a" * 999_000,
    "a megabyte of quotes": b'"' * 999_999,
    "a megabyte of anchors": b"&a " * 333_000,
    "a number of a million digits": b"arazzo: " + b"9" * 990_000,
    "Python's own tags": HEAD.encode() + b"workflows: !!python/object/apply:os.system [id]\n",
    "a null byte": HEAD.encode() + b"workflows: \x00\n",
    "hundreds of workflows that call each other": HEAD.encode() + b"workflows:\n" + b"".join(
        b"- {workflowId: w%d, steps: [{stepId: s, workflowId: w%d}]}\n" % (n, n + 1)
        for n in range(490)
    ) + b"- {workflowId: w490, steps: [{stepId: s, operationId: refresh}]}\n",
    "more workflows than anybody writes": HEAD.encode() + b"workflows:\n"
    + b"- {workflowId: w, steps: [{stepId: s, workflowId: w}]}\n" * 9_000,
    "thousands of gotos": steps("\n".join(
        f"- {{stepId: s{n}, operationId: refresh, onSuccess: [{{name: g, type: goto, "
        f"stepId: s{(n * 7) % 2_000}, criteria: [{{condition: 1 == 2}}]}}]}}" for n in range(2_000)
    )),
    "thousands of misspelt names": steps("\n".join(
        f"- {{stepId: step{n}, operationId: refresh, outputs: {{x: $steps.stop{n}.outputs.y}}}}"
        for n in range(2_000)
    )),
    "dependencies in a circle": document("""
        workflows:
        - {workflowId: a, dependsOn: [b], steps: [{stepId: s, operationId: refresh}]}
        - {workflowId: b, dependsOn: [a], steps: [{stepId: s, operationId: refresh}]}
        """),
    "a workflow that calls itself": document("""
        workflows: [{workflowId: a, steps: [{stepId: s, workflowId: a}]}]
        """),
    "a workflow that calls itself and retries": document("""
        workflows:
        - workflowId: a
          steps:
          - {stepId: s, workflowId: b, onFailure: [{name: r, type: retry, retryLimit: 999999999}]}
        - workflowId: b
          inputs: {type: object, required: [never]}
          steps: [{stepId: s, operationId: refresh}]
        """),
    "a circle of references": schema("{$ref: '#/components/inputs/no'}").replace(
        b"workflows:",
        b"components: {inputs: {no: {$ref: '#/components/inputs/oh'}, "
        b"oh: {allOf: [{$ref: '#/components/inputs/no'}]}}}\nworkflows:",
    ),
    "references that double forty times": schema("{$ref: '#/components/inputs/s0'}").replace(
        b"workflows:", f"components: {{inputs: {_DOUBLING}}}\nworkflows:".encode()
    ),
    "a remote $ref": schema("{$ref: 'https://example.com/schema.json'}"),
    "a $ref to a file": schema("{$ref: 'file:///etc/passwd'}"),
    "a remote $schema": schema("{$schema: 'https://example.com/s', type: object}"),
    "a pattern that explodes": schema(
        "{properties: {t: {type: string, pattern: '^(a|aa)+$', default: "
        + "a" * 40 + "!}}}"
    ),
    "a property pattern that explodes": schema(
        "{patternProperties: {'^(a+)+$': {type: integer}}, additionalProperties: false, "
        "properties: {o: {patternProperties: {'^(a|aa)+$': {}}, default: {" + "a" * 40 + "!: 1}}}}"
    ),
    "a pattern of counted repeats": schema("{properties: {t: {pattern: '((a{999}){999}){999}'}}}"),
    "counted repeats behind what is no comment": schema(
        "{properties: {t: {pattern: '[(?#](?:(?:a{999}){999}){999}'}}}"
    ),
    "a media type of slashes": steps(
        "- {stepId: a, operationId: createItem, requestBody: {payload: a, contentType: '"
        + "a/" * 50_000 + " x'}}"
    ),
    "a long list of unique objects": schema(
        "{properties: {l: {uniqueItems: true, default: ["
        + ", ".join(f"{{a: {n}}}" for n in range(14_000)) + "]}}}"
    ),
    "a long list of items with a long enum": schema(
        "{properties: {l: {items: {enum: [" + ",".join(f"a{n}" for n in range(9_000))
        + "]}, default: [" + "b, " * 40_000 + "]}}}"
    ),
    "a long list of items with many alternatives": schema(
        "{properties: {l: {items: {anyOf: [" + "{minimum: 9}," * 1_500
        + "]}, default: [" + "7, " * 30_000 + "]}}}"
    ),
    "alternatives that are tried again at each level": schema(
        "{properties: {l: {$ref: '#/components/inputs/n', default: " + "[" * 30 + "1" + "]" * 30
        + "}}}"
    ).replace(
        b"workflows:",
        b"components: {inputs: {n: {oneOf: [{type: integer}, "
        b"{items: {$ref: '#/components/inputs/n'}}, {items: {$ref: '#/components/inputs/n'}}]}}}\n"
        b"workflows:",
    ),
    "numbers too large to divide": schema(
        "{properties: {n: {multipleOf: 0.1, default: " + "9" * 399 + "}}}"
    ),
    "a condition's pattern that explodes": EXPLODING,
    "a JSONPath pattern that explodes": condition(
        "{context: $response.body, type: jsonpath, condition: \"$[?search(@, '^(a|aa)+$')]\"}"
    ),
    "a JSONPath query of descents": condition(
        "{context: $response.body, type: jsonpath, condition: $..*..*..*..*..*..*}"
    ),
    "hundreds of patterns, each just quick enough": steps(
        "- {stepId: a, operationId: refresh, onSuccess: [" + ", ".join(
            f"{{name: n{n}, type: end, criteria: [{{context: $response.body#/t, type: regex, "
            f"condition: '^(a|aa)+({n})?$'}}]}}" for n in range(900)) + "]}"
    ),
    "a pattern that is large written out": schema(
        "{properties: {t: {pattern: '(a{1000}){1000}'}}}"
    ),
    "a parameter for each of two thousand steps": steps(
        "\n".join(f"- {{stepId: s{n}, operationId: refresh}}" for n in range(2_000)),
        workflow="parameters: [" + "".join(f"{{name: p{n}, in: query, value: 1}},"
                                           for n in range(2_500)) + "]",
    ),
    "an action for each of two thousand steps": steps(
        "\n".join(f"- {{stepId: s{n}, operationId: refresh}}" for n in range(2_000)),
        workflow="successActions: [" + "".join(
            f"{{name: p{n}, type: end, criteria: [{{condition: 1 == 2}}]}}," for n in range(1_500)
        ) + "]",
    ),
    "an action of thousands of criteria, used thousands of times": document(
        "components: {failureActions: {f: {name: f, type: end, criteria: ["
        + "{condition: 1 == 2}," * 5_000 + "]}}}\nworkflows:\n- workflowId: w\n  steps:\n"
        + "".join(f"  - {{stepId: s{n}, operationId: refresh, onFailure: "
                  "[{reference: $components.failureActions.f}]}\n" for n in range(1_900))
    ),
    "a name of a hundred thousand dots": steps(
        "- {stepId: a, operationId: refresh, outputs: {x: $inputs." + "a." * 100_000 + "b}}",
        inputs="{}",
    ),
    "a condition of brackets": condition(f"{{condition: '{'(' * 5_000}1 == 1{')' * 5_000}'}}"),
    "a condition of negations": condition(f"{{condition: '{'!' * 1_900}(1 == 1)'}}"),
    "a query of brackets": condition(
        f"{{context: $response.body, type: jsonpath, condition: '$[?{'(' * 900}@.a{')' * 900}]'}}"
    ),
    "a condition like code": condition(
        "{condition: \"__import__('os').system('id') == 0\"}, {condition: 'exec(1)'}"
    ),
    "a Goessner script": condition(
        "{context: $response.body, type: {type: jsonpath, version: "
        "draft-goessner-dispatch-jsonpath-00}, condition: '$[(@.length-1)]'}"
    ),
    "a payload of thousands of expressions": steps(
        "- stepId: a\n  operationId: createItem\n  requestBody: {payload: '"
        + "{$inputs.k}" * 80_000 + "'}", inputs="{properties: {k: {default: 1}}}",
    ),
    "a long text that stands for thousands": HEAD.encode()
    + b"x-long: &long '" + b"{$x" * 150_000 + b"'\nworkflows:\n- workflowId: w\n  steps:\n"
    + b"".join(b"  - {stepId: s%d, operationId: refresh, parameters: "
               b"[{name: a, in: query, value: [*long, *long]}]}\n" % n for n in range(1_900)),
    "a long key that stands for thousands": HEAD.encode()
    + b"x-long: &long " + b"a" * 500_000 + b"\nworkflows:\n- workflowId: w\n  steps:\n"
    + b"".join(b"  - {stepId: s%d, operationId: refresh, outputs: {? *long : $url}}\n" % n
               for n in range(1_900)),
    "a long text of a component that is used thousands of times": document(
        "components: {parameters: {p: {name: p, in: query, value: '" + "{$x" * 150_000
        + "'}}}\nworkflows:\n- workflowId: w\n  steps:\n"
        + "".join(f"  - {{stepId: s{n}, operationId: refresh, parameters: "
                  "[{reference: $components.parameters.p}]}\n" for n in range(1_900))
    ),
    "tens of thousands of references that are right": steps("\n".join(
        f"- {{stepId: s{n}, operationId: refresh, outputs: {{x: $statusCode, "
        + ", ".join(f"y{k}: $steps.s{(n * 7 + k * 13) % 2_000}.outputs.x" for k in range(9)) + "}}"
        for n in range(2_000)
    )),
    "thousands of inputs, each read once": steps(
        "- {stepId: a, operationId: refresh, outputs: {"
        + ", ".join(f"o{n}: $inputs.n{n}" for n in range(4_900)) + "}}",
        inputs="{properties: {" + ", ".join(f"n{n}: {{}}" for n in range(4_900)) + "}}",
    ),
    "thousands of outputs that read an answer which is gone": steps(
        "- {stepId: a, operationId: refresh}",
        workflow="outputs: {" + ", ".join(f"o{n}: $response.body" for n in range(30_000)) + "}",
    ),
    "thousands of sources that are spoken of": HEAD.encode()
    + b"".join(b"- {name: n%d, url: a.yaml, type: arazzo}\n" % n for n in range(10_000))
    + b"workflows:\n- workflowId: w\n  steps:\n  - {stepId: a, operationId: refresh, outputs: {"
    + b", ".join(b"o%d: $sourceDescriptions.n%d.url" % (n, n) for n in range(10_000)) + b"}}\n",
    "shared gotos to the last of two thousand steps": steps(
        "\n".join(f"- {{stepId: s{n}, operationId: refresh}}" for n in range(2_000)),
        workflow="successActions: ["
        + "".join(f"{{name: g{n}, type: goto, stepId: s1999}}," for n in range(29)) + "]",
    ),
    "values of a later step beside shared retries": steps(
        "\n".join(f"- {{stepId: s{n}, operationId: refresh, outputs: {{x: $statusCode, "
                  "y: $steps.s1999.outputs.x}}" for n in range(2_000)),
        workflow="failureActions: ["
        + "".join(f"{{name: g{n}, type: retry, stepId: s1999}}," for n in range(29)) + "]",
    ),
    "long names of two letters": steps("\n".join(
        f"- {{stepId: {'ab' * 50}{n}, operationId: refresh, "
        f"outputs: {{x: $steps.{'ba' * 50}{n}.outputs.y}}}}" for n in range(1_500)
    )),
    "thousands of replacements in a large payload": steps(
        "- stepId: a\n  operationId: createItem\n  requestBody: {payload: {name: x, "
        + ", ".join(f"k{n}: {n}" for n in range(20_000)) + "}, replacements: ["
        + "".join(f"{{target: /k{n}, value: 1}}," for n in range(12_000)) + "]}"
    ),
    "two thousand steps that run a workflow with a large schema": document(
        "workflows:\n- workflowId: w\n  steps:\n"
        + "".join(f"  - {{stepId: s{n}, workflowId: v}}\n" for n in range(1_900))
        + "- workflowId: v\n  inputs: {allOf: [" + "{type: object}," * 4_900
        + "]}\n  steps: [{stepId: a, operationId: getItem, parameters: "
          "[{name: id, in: path, value: '..'}]}]\n"
    ),
    "twenty thousand components": document(
        "components: {inputs: {" + ", ".join(f"c{n}: {{}}" for n in range(20_000))
        + "}}\nworkflows: [{workflowId: w, steps: [{stepId: a, operationId: refresh}]}]\n"
    ),
    "a tree of workflows that all fail": HEAD.encode() + b"workflows:\n" + b"".join(
        b"- {workflowId: w%d%c, steps: [{stepId: l, workflowId: w%da, onFailure: "
        b"[{name: g, type: goto, stepId: r}]}, {stepId: r, workflowId: w%db}]}\n"
        % (n, side, n + 1, n + 1) for n in range(20) for side in b"ab"
    ) + b"".join(
        b"- {workflowId: w20%c, steps: [{stepId: s, operationId: getItem, "
        b"parameters: [{name: id, in: path, value: '..'}]}]}\n" % side for side in b"ab"
    ),
    "YAML 1.1's surprises": (
        b"arazzo: 1.0.1\ninfo: {title: on, version: 2020-01-01}\n"
        b"sourceDescriptions: [{name: api, url: 12:30}]\n"
        b"workflows: [{workflowId: yes, steps: [{stepId: off, operationId: no}]}]\n"
    ),
}  # fmt: skip


def api(refresh: dict[str, Json], paths: dict[str, Json] | None = None, **root: Json) -> bytes:
    """Describe an API whose operation `refresh` is the one that is called."""
    called: dict[str, Json] = {"post": {"operationId": "refresh", **refresh}}
    whole: dict[str, Json] = {"openapi": "3.0.0", "paths": {"/x": called, **(paths or {})}, **root}
    return json.dumps(whole).encode()


def body_of(items: Json) -> dict[str, Json]:
    """Describe a body that is a list of such items."""
    return {"requestBody": {"content": {"application/json": {"schema": {"items": items}}}}}


DESCRIPTIONS: dict[str, bytes] = {
    "a megabyte of JSON brackets": b'{"a": ' + b"[" * 999_000,
    "ten megabytes of empty lists": b"{" + b"[]," * 3_300_000,
    "more than ten megabytes": b"{" + b" " * 10_000_001,
    "references in a circle": json.dumps(
        {
            "openapi": "3.0.0",
            "paths": {"/token": {"$ref": "#/paths/~1token"}, "/x": {"post": {
                "operationId": "refresh", "parameters": [{"$ref": "#/paths/~1token"}]}}},
        }
    ).encode(),
    "an operation of fifty thousand parameters": api(
        {"parameters": [{"name": f"p{n}", "in": "query"} for n in range(50_000)]}
    ),
    "hundreds of parameters that are required and not given": api(
        {"parameters": [{"name": f"p{n}", "in": "query", "required": True} for n in range(499)]}
    ),
    "a body of thousands of media types": api(
        {"requestBody": {"content": {f"a/b{n}": {} for n in range(30_000)}}}
    ),
    "a path of a megabyte": json.dumps(
        {"openapi": "3.0.0", "paths": {"/" + "x" * 1_000_000: {"post": {"operationId": "refresh"}}}}
    ).encode(),
    "thirty thousand paths": api(
        {}, {f"/x{n}": {"post": {"operationId": f"r{n}"}} for n in range(30_000)}
    ),
    "thousands of references to a long pointer": api(
        {}, {f"/x{n}": {"$ref": "#/long"} for n in range(20_000)},
        long={"$ref": "#" + "/a" * 100_000},
    ),
    "thousands of references into a large root": api(
        {}, {f"/x{n}": {"$ref": "#/there"} for n in range(20_000)}, there={},
        **{f"k{n}": 0 for n in range(40_000)},
    ),
    "a schema of thousands of members for each item of a payload": api(
        body_of({"properties": {f"p{n}": {} for n in range(20_000)},
                 "required": [f"p{n}" for n in range(20_000)]})
    ),
    "a schema of thousands of parts for each item of a payload": api(
        body_of({"allOf": [{"$ref": "#/part"}] * 50_000}), part={}
    ),
    "a server of variables that multiply": api(
        {}, servers=[{"url": "http://x/" + "{a}" * 50_000,
                      "variables": {"a": {"default": "z" * 100_000}}}]
    ),
}  # fmt: skip

CALLERS = (
    steps("\n".join(f"- {{stepId: s{n}, operationId: refresh}}" for n in range(2_000))),
    steps(
        "- {stepId: a, operationId: refresh, requestBody: {payload: ["
        + "{a: $inputs.x}," * 12_000 + "]}}",
        inputs="{properties: {x: {default: 1}}}",
    ),
)  # fmt: skip
"""Documents that call each description's operation: from many steps, and with a long payload."""

MOST_SECONDS = 30
"""Of CPU for one of them; they take less than one. What is quadratic takes minutes."""

LONG = {"t": "a" * 40 + "!", "x": ["a" * 40 + "!"] * 3}


def outcome(text: bytes) -> str:
    """Load, compile and run a document, as far as it goes, and say in a word what happened."""
    loaded = load(text, "hostile.yaml")
    if loaded.document is None:
        return "refused: " + str(loaded.problems[0])
    first = loaded.document.workflows[0].workflow_id
    try:
        program = compile_program(loaded.document, {"api": API}, first)
        turn = program.start({})
    except (DocumentError, InputError) as error:
        return "refused: " + str(error).splitlines()[0]
    for _ in range(200):
        if isinstance(turn.command, Finished):
            return f"{turn.command.outcome}: {turn.command.why}"
        answer = Elapsed() if isinstance(turn.command, Wait) else ok(dict(LONG))
        turn = program.advance(turn.state, answer)
    return "goes on"


@cache
def callers() -> tuple[Document, ...]:
    return tuple(load(caller, "caller.yaml").needed() for caller in CALLERS)


def described(text: bytes) -> str:
    """Read a description, have its operation called, and say in a word what happened."""
    try:
        description = load_description(text, "hostile.json")
        operation = description.operation("refresh")
        for caller in callers():
            compile_program(caller, {"api": description}).start({})
    except DocumentError as error:
        return "refused: " + str(error).splitlines()[0]
    return f"read: {operation}"


class TooSlowError(Exception):
    """One of them took `MOST_SECONDS`."""


def out_of_time(_: int, __: object) -> None:
    raise TooSlowError


def peak_memory() -> int:
    """Return the most KiB that this process has held.

    Where there is /proc it is asked: `ru_maxrss` survives an exec on Linux, so a child of a large
    process would begin with its parent's peak.
    """
    status = Path("/proc/self/status")
    if status.exists():
        peaks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(peaks[0].split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def watch(began: list[float]) -> None:
    """Signal when the one that began last has had its time.

    No timer does it: while one of the process's CPU time is armed, asking for that time, as
    ``regex`` does all along, costs several times as much.
    """
    while True:
        time.sleep(0.25)
        if time.process_time() - began[-1] > MOST_SECONDS:
            signal.raise_signal(signal.SIGUSR1)


def main() -> None:
    signal.signal(signal.SIGUSR1, out_of_time)
    callers()
    begun = [time.process_time()]
    threading.Thread(target=watch, args=(begun,), daemon=True).start()
    for name, text in [*DOCUMENTS.items(), *DESCRIPTIONS.items()]:
        begun.append(time.process_time())
        try:
            said = described(text) if name in DESCRIPTIONS else outcome(text)
        except TooSlowError:
            said = f"took more than {MOST_SECONDS} s of CPU"
        seconds = round(time.process_time() - begun[-1], 3)
        peak = peak_memory() // 1024
        sys.stdout.write(json.dumps([name, seconds, peak, said]) + "\n")


if __name__ == "__main__":
    main()
