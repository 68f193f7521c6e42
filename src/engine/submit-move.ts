// Moves the run of a conversation to another version of its workflow, through the engine.

import type { Engine } from './engine.ts';

type Move = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly conversationId: number;
  readonly externalId: string;
  readonly workflowId: number;
  readonly version: number;
};

/** Makes a function that moves one conversation; it returns `moved`, or why the conversation stays. */
export const submitMoveTo =
  (engine: Pick<Engine, 'submit'>) =>
  async ({ workspaceId, channelId, externalId, ...move }: Move): Promise<'moved' | string> => {
    const result = await engine.submit({
      kind: 'conversation',
      workspaceId,
      channelId,
      externalId,
      // One that is there already stays there.
      isRepeatable: true,
      signal: { kind: 'move_run', ...move },
    });
    return result.ok ? 'moved' : result.error.errors[0]!.message;
  };
