// The shapes of workflows on the wire: the list with what waits, versions, and what operators do with them.

import { Type } from 'typebox';
import { nullable, optionalText } from '../../../contract/schema-pieces.ts';
import { triggerKinds } from '../../../core/workflow/definition.ts';

const isoTime = Type.String({ description: 'When it was applied. ISO 8601.' });

const trigger = Type.Unsafe<object | null>({
  anyOf: [
    Type.Object({
      on: Type.Unsafe<string>({ type: 'string', enum: triggerKinds }),
      channel_ids: Type.Unsafe<readonly string[] | null>({
        type: ['array', 'null'],
        items: { type: 'string' },
        description: 'Null: all channels.',
      }),
    }),
    { type: 'null' },
  ],
  description: 'Null while it is switched off.',
});

const waiting = (description: string) =>
  nullable('integer', { description: `${description} Null: counting them takes too long.` });

const workflow = {
  type: Type.Literal('workflow'),
  id: Type.String(),
  name: Type.String(),
  is_on: Type.Boolean(),
  current_version: nullable('integer', { description: 'Null: it is switched off.' }),
  latest_version: nullable('integer', { description: 'The newest version.' }),
  trigger,
  steps: Type.Array(
    Type.Object({
      id: Type.String(),
      do: Type.String({ description: 'The kind of step.' }),
      waiting: waiting('Conversations that wait at it, in any version.'),
    }),
    { description: 'The steps of the current version.' },
  ),
  waiting: waiting('Conversations in which it runs: each waits at a step.'),
  waiting_elsewhere: waiting('Those at steps that the current version does not have.'),
  waiting_by_version: Type.Unsafe<object | null>({
    type: ['array', 'null'],
    items: Type.Object({ version: Type.Integer(), waiting: Type.Integer() }),
    description: 'The newest version first.',
  }),
};

export const workflowList = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(Type.Object(workflow, { title: 'Workflow' }), {
      description: 'In the order in which their triggers are tried; those that are off at the end.',
    }),
  },
  { title: 'Workflow list' },
);

export const workflowDetails = Type.Object(
  {
    ...workflow,
    version: Type.Integer({ description: 'The version that is shown.' }),
    source: Type.String({ description: 'Its file as applied.' }),
    definition: Type.Unsafe<object>({
      type: 'object',
      description: 'What runs: names resolved, every next step explicit.',
    }),
    versions: Type.Array(Type.Object({ version: Type.Integer(), created_at: isoTime }), {
      description: 'The newest first, 1,000 at most.',
    }),
  },
  { title: 'Workflow with its versions' },
);

const version = Type.Object({
  version: Type.Integer(),
  created_at: isoTime,
  source: Type.String({ description: 'The file as applied.' }),
});

export const workflowDiff = Type.Object(
  {
    type: Type.Literal('workflow_diff'),
    id: Type.String(),
    name: Type.String(),
    from: version,
    to: version,
    differences: Type.Array(
      Type.Object({
        part: Type.String({ description: '`trigger`, `when`, `first step` or `step <id>`.' }),
        kind: Type.Unsafe<string>({ type: 'string', enum: ['added', 'removed', 'changed'] }),
        from: nullable('string', { description: 'Its JSON; null where it is missing.' }),
        to: nullable('string', { description: 'Its JSON; null where it is missing.' }),
      }),
      { description: 'What differs when it runs.' },
    ),
  },
  { title: 'Workflow diff' },
);

const versionNumber = (description: string) =>
  Type.Integer({ minimum: 1, maximum: 999_999_999, description });

export const rollbackBody = Type.Object(
  { version: versionNumber('The version to make current.') },
  { title: 'Rollback request' },
);

export const rolledBack = Type.Object(
  {
    type: Type.Literal('workflow_version'),
    id: Type.String(),
    name: Type.String(),
    current_version: Type.Integer(),
    previous_version: nullable('integer', { description: 'Null: it was switched off.' }),
  },
  { title: 'Workflow version' },
);

export const moveBody = Type.Object(
  {
    version: versionNumber('The version to move to.'),
    dry_run: Type.Optional(
      Type.Unsafe<boolean | null>({
        type: ['boolean', 'null'],
        description: 'Only tell what would move and what would stay.',
      }),
    ),
    starting_after: optionalText(500, {
      description: 'Where to continue: `next` of the response before.',
    }),
  },
  { title: 'Move request' },
);

export const movedRuns = Type.Object(
  {
    type: Type.Literal('workflow_move'),
    dry_run: Type.Boolean(),
    version: Type.Integer(),
    moved: Type.Integer(),
    already_there: Type.Integer({ description: 'Conversations that have the version already.' }),
    stayed: Type.Array(
      Type.Object({
        conversation_id: Type.String(),
        external_conversation_id: Type.String(),
        step: Type.String(),
        version: Type.Integer(),
        reason: Type.String(),
      }),
      { description: 'Conversations that cannot move.' },
    ),
    next: nullable('string', {
      description:
        'A request looks at a part of the conversations. Not null: repeat it with this as `starting_after`.',
    }),
  },
  { title: 'Moved runs' },
);
