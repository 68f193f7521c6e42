// The workspace of a simulation: three random workflows, and the people and tags that they name.

import type { WorkspaceSetup } from '../../src/core/conversation/transition-context.ts';
import type { DataAttribute } from '../../src/core/model/model.ts';
import type { WorkflowVersion } from '../../src/core/workflow/definition.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { type Known, randomWorkflow } from './random-workflow.ts';

export const known: Known = {
  adminId: 11,
  teamId: 21,
  tagIds: [31, 32],
  workflowIds: [1, 2, 3],
  attributes: ['order_number', 'plan', 'free'],
};

const dataAttributes: readonly DataAttribute[] = [
  { model: 'conversation', name: 'order_number', dataType: 'string', options: [] },
  { model: 'contact', name: 'plan', dataType: 'string', options: [] },
];

const channel = {
  workspaceId: 1,
  id: 1,
  name: 'Mobile app',
  isEnabled: true,
  autoCreateConversation: true,
  requireUserIdentity: false,
  unknownAttribute: 'record',
  strictVersion: false,
  hasButtons: true,
  timeZone: null,
  allowedOrigins: [],
  eventFormat: 'parley',
} as const;

const admin = {
  id: known.adminId,
  name: 'Grace',
  email: 'grace@example.com',
  jobTitle: null,
  awayModeEnabled: false,
  awayModeReassign: false,
  hasInboxSeat: true,
  awayStatusReasonId: null,
};

export function randomSetup(random: SeededRandom): WorkspaceSetup {
  const workflows = known.workflowIds.map((workflowId): WorkflowVersion => {
    const definition = randomWorkflow(random, known, `Workflow ${workflowId}`);
    return { workflowId, version: 1, definition };
  });
  return {
    workspaceId: 1,
    channels: new Map([[channel.id, channel]]),
    admins: new Map([[admin.id, admin]]),
    teams: new Map([[known.teamId, { id: known.teamId, name: 'Support', adminIds: [admin.id] }]]),
    tags: new Map(known.tagIds.map((id) => [id, { id, name: `tag ${id}` }])),
    dataAttributes,
    workflows,
    definitionOf: (workflowId) => workflows[workflowId - 1]?.definition,
  };
}
