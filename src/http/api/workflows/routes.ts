// Workflows: the list with what waits in each, their versions, going back to one, and moving what waits.

import { movedAtOnceMax, moveWorkflow } from '../../../management/move-workflow.ts';
import {
  diffWorkflow,
  listWorkflows,
  rollBackWorkflow,
  showWorkflow,
} from '../../../management/workflows.ts';
import { operationRoute } from '../../server/operation-route.ts';
import type { ApiRoute, RouteParameter } from '../../server/route.ts';
import { exampleSource, exampleVersion, exampleWorkflow } from './examples.ts';
import {
  moveBody,
  movedRuns,
  rollbackBody,
  rolledBack,
  workflowDetails,
  workflowDiff,
  workflowList,
} from './schema.ts';

const idParameter: RouteParameter = {
  name: 'id',
  in: 'path',
  description: 'The id of the workflow.',
  example: '1',
};

const version = (name: string, description: string): RouteParameter => ({
  name,
  in: 'query',
  description,
  schema: { type: 'integer', minimum: 1 },
});

const countsParameter: RouteParameter = {
  name: 'counts',
  in: 'query',
  description: '`false`: do not count what waits, which takes long with many conversations.',
  example: 'false',
};

export const workflowRoutes: readonly ApiRoute[] = [
  operationRoute(listWorkflows, {
    role: 'viewer',
    operationId: 'listWorkflows',
    summary: 'List the workflows with what waits in each',
    parameters: [countsParameter],
    response: workflowList,
    responseExample: { type: 'list', data: [exampleWorkflow] },
    errors: ['parameterInvalid'],
  }),
  operationRoute(showWorkflow, {
    role: 'viewer',
    operationId: 'retrieveWorkflow',
    summary: 'Get a workflow with its file and its versions',
    parameters: [
      idParameter,
      version('version', 'The version; the current one if omitted.'),
      countsParameter,
    ],
    response: workflowDetails,
    responseExample: {
      ...exampleWorkflow,
      version: 2,
      source: exampleSource,
      definition: { name: 'Order help' },
      versions: [
        { version: 2, created_at: '2026-12-01T09:30:00.000Z' },
        { version: 1, created_at: '2026-11-30T09:30:00.000Z' },
      ],
    },
    errors: ['workflowNotFound', 'workflowVersionNotFound', 'parameterInvalid'],
  }),
  operationRoute(diffWorkflow, {
    role: 'viewer',
    operationId: 'diffWorkflow',
    summary: 'Compare two versions of a workflow',
    parameters: [
      idParameter,
      version('from', 'The earlier version; the one before `to` if omitted.'),
      version('to', 'The later version; the newest if omitted.'),
    ],
    response: workflowDiff,
    responseExample: {
      type: 'workflow_diff',
      id: '1',
      name: 'Order help',
      from: exampleVersion,
      to: { ...exampleVersion, version: 2 },
      differences: [
        { part: 'step hello', kind: 'changed', from: '{"body":"Hi"}', to: '{"body":"Hello"}' },
      ],
    },
    errors: ['workflowNotFound', 'workflowVersionNotFound', 'parameterInvalid'],
  }),
  operationRoute(rollBackWorkflow, {
    operationId: 'rollBackWorkflow',
    summary: 'Make an earlier version of a workflow current again',
    description:
      'New conversations use it at once, those of other servers within 2 seconds; running ones keep theirs. The next ' +
      'apply makes the version in its file current again, so change the file, too.',
    parameters: [idParameter],
    body: rollbackBody,
    bodyExample: { version: 1 },
    response: rolledBack,
    responseExample: {
      type: 'workflow_version',
      id: '1',
      name: 'Order help',
      current_version: 1,
      previous_version: 2,
    },
    errors: ['workflowNotFound', 'workflowVersionNotFound', 'workflowInCircle'],
  }),
  operationRoute(moveWorkflow, {
    operationId: 'moveWorkflow',
    summary: 'Move waiting conversations to another version of their workflow',
    description:
      'Moves those that wait at a step that the version also has, with the same kind; they continue from there. A ' +
      `request moves ${movedAtOnceMax} at most.`,
    parameters: [idParameter],
    body: moveBody,
    bodyExample: { version: 2, dry_run: true },
    response: movedRuns,
    responseExample: {
      type: 'workflow_move',
      dry_run: true,
      version: 2,
      moved: 12,
      already_there: 3,
      stayed: [
        {
          conversation_id: '256257',
          external_conversation_id: 'conv_67890',
          step: 'number',
          version: 1,
          reason: 'version 2 has no step "number"',
        },
      ],
      next: null,
    },
    errors: ['workflowNotFound', 'workflowVersionNotFound', 'pageCursorInvalid'],
  }),
];
