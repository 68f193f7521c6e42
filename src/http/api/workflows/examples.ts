// Examples of workflows for /docs and the OpenAPI document.

export const exampleSource = [
  'name: Order help',
  'trigger: { on: new_conversation }',
  'steps:',
  '  - { id: hello, do: send_message, body: "Hi!" }',
  '  - { id: number, do: collect_attribute, attribute: order_number, prompt: "Your order number?" }',
  '',
].join('\n');

export const exampleVersion = {
  version: 1,
  created_at: '2026-11-30T09:30:00.000Z',
  source: exampleSource,
};

export const exampleWorkflow = {
  type: 'workflow',
  id: '1',
  name: 'Order help',
  is_on: true,
  current_version: 2,
  latest_version: 2,
  trigger: { on: 'new_conversation', channel_ids: null },
  steps: [
    { id: 'hello', do: 'send_message', waiting: 0 },
    { id: 'number', do: 'collect_attribute', waiting: 15 },
  ],
  waiting: 16,
  waiting_elsewhere: 1,
  waiting_by_version: [
    { version: 2, waiting: 3 },
    { version: 1, waiting: 13 },
  ],
};
