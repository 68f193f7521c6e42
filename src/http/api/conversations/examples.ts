// Examples of conversations for /docs and the OpenAPI document.

export const exampleConversation = {
  type: 'conversation',
  id: '256257',
  state: 'open',
  open: true,
  contacts: {
    type: 'contact.list',
    contacts: [{ type: 'contact', id: '6a11c0de000000000003e800', external_id: 'user_001' }],
  },
  conversation_parts: {
    type: 'conversation_part.list',
    conversation_parts: [
      {
        type: 'conversation_part',
        id: '256514',
        part_type: 'comment',
        body: '<p>Hello, I need help with my order.</p>',
      },
    ],
    total_count: 1,
  },
};

/** Builds the conversation after an action, with the new part. */
export const exampleAfterAction = (state: 'open' | 'closed', part: object) => ({
  type: 'conversation',
  id: '256257',
  state,
  open: state === 'open',
  conversation_parts: {
    type: 'conversation_part.list',
    conversation_parts: [{ type: 'conversation_part', id: '256514', ...part }],
    total_count: 1,
  },
});

export const exampleState = {
  type: 'conversation_state',
  conversation_id: '256257',
  external_conversation_id: 'conv_67890',
  state: 'waiting',
  waiting: {
    for: 'quick_reply',
    since: 1795000000,
    until: 1795000900,
    options: [{ id: 'status-1', text: 'Where is my order?' }],
  },
  workflow: {
    id: '1',
    run_id: '1001',
    name: 'Order help',
    version: 2,
    step: 'ask',
    started_at: 1795000000,
    steps_done: 2,
    ended_at: null,
    end_reason: null,
  },
  held_by: { type: 'workflow', id: '1', name: 'Order help' },
  next_timer: { at: 1795000900, for: 'workflow' },
};

export const exampleTrace = {
  type: 'conversation_trace',
  conversation_id: '256257',
  data: [
    {
      ordinal: 2,
      at: 1795000000,
      signal: 'teammate',
      content: { admin_id: 1, do: 'comment' },
      entries: [
        {
          run_id: '1001',
          workflow: 'Order help',
          version: 2,
          step: null,
          do: 'run',
          what: 'Ended: a teammate took over the conversation.',
        },
      ],
    },
  ],
  last_ordinal: 2,
  previous: 0,
  next: null,
};
