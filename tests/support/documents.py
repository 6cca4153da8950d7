"""Workflow documents for tests."""

from __future__ import annotations

from workflow.arazzo import document
from workflow.arazzo.program import Program, compile_program
from workflow.runs.programs import airbyte_description

KNOWS_NO_QUEUE = """\
arazzo: 1.0.1
info: {title: Start and follow, version: 1.0.0}
sourceDescriptions:
- {name: airbyteApi, url: ../openapi/airbyte-openapi.yml, type: openapi}
workflows:
- workflowId: trigger-sync-and-poll
  inputs:
    type: object
    required: [connectionId]
    properties:
      connectionId: {type: string}
      jobType: {type: string, enum: [sync, reset, refresh, clear], default: sync}
  steps:
  - stepId: triggerJob
    operationId: createJob
    requestBody:
      contentType: application/json
      payload: {connectionId: $inputs.connectionId, jobType: $inputs.jobType}
    successCriteria: [{condition: $statusCode == 200}]
    outputs: {jobId: $response.body#/jobId, status: $response.body#/status}
  - stepId: pollJob
    operationId: getJob
    parameters: [{name: jobId, in: path, value: $steps.triggerJob.outputs.jobId}]
    successCriteria: [{condition: $statusCode == 200}]
    outputs:
      status: $response.body#/status
      bytesSynced: $response.body#/bytesSynced
      rowsSynced: $response.body#/rowsSynced
    onSuccess:
    - name: again
      type: goto
      stepId: pollJob
      criteria:
      - context: $response.body
        condition: $.status == 'running' || $.status == 'pending' || $.status == 'incomplete'
        type: jsonpath
    - name: over
      type: end
      criteria:
      - context: $response.body
        condition: $.status == 'succeeded' || $.status == 'failed' || $.status == 'cancelled'
        type: jsonpath
  outputs:
    jobId: $steps.triggerJob.outputs.jobId
    finalStatus: $steps.pollJob.outputs.status
    rowsSynced: $steps.pollJob.outputs.rowsSynced
"""
"""Means what the published Airbyte document means: three statuses go on, three end, no others."""


def compiled(text: str, file: str = "test.arazzo.yaml") -> Program:
    """Compile a document whose one source is the Airbyte API."""
    loaded = document.load(text.encode(), file).needed()
    return compile_program(loaded, {loaded.sources[0].name: airbyte_description()})
