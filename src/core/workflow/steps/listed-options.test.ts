// Buttons from a webhook's response: entries that become buttons, the value that a click saves, and the end of a list
// with the next call.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobOutcome } from '../../conversation/signal.ts';
import type { Json } from '../../model/model.ts';
import type { OptionsSource, Step } from '../definition.ts';
import { sentences, sentIn, signal, startRun } from '../run/context.fixture.ts';

const jobId = 900 * 256 + 2;

const stepsWith = (from: Partial<OptionsSource> = {}): readonly Step[] => [
  {
    id: 'h',
    do: 'call_webhook',
    url: 'https://shop.example/',
    method: 'GET',
    headers: {},
    body: null,
    timeoutMs: 3000,
    retryDelaysMs: [],
    save: [],
    failed: 'sorry',
    next: 'which',
  },
  {
    id: 'which',
    do: 'ask_quick_reply',
    body: 'Which order?',
    options: [],
    from: {
      call: 'h',
      list: '/orders',
      id: '/number',
      text: '/title',
      limit: 3,
      attribute: 'order_number',
      next: 'tell',
      empty: 'none',
      ...from,
    },
    otherwise: 'sorry',
    timeout: null,
  },
  { id: 'tell', do: 'send_message', body: 'Order {{ attributes.order_number }}.', next: 'h' },
  { id: 'none', do: 'send_message', body: 'No orders.', next: null },
  { id: 'sorry', do: 'send_message', body: 'Sorry.', next: null },
];

const ok = (answer: Json): JobOutcome => ({ ok: true, status: 200, answer });

function answered(answer: Json, from: Partial<OptionsSource> = {}) {
  const { change, context } = startRun(stepsWith(from));
  const after = signal(change, { kind: 'job', jobId, outcome: ok(answer) }, context);
  const options = after.parts.at(-1)?.metadata?.['quick_reply_options'] as
    | readonly { readonly uuid: string; readonly text: string }[]
    | undefined;
  return { after, context, line: sentences(after)[0]!, options: options ?? null };
}

test('options_from: counts whole characters and cuts none in two', () => {
  const [long, id] = [`${'x'.repeat(253)}😀😀😀`, '😀'.repeat(244)];
  const orders = [
    { number: id, title: long },
    { number: `${id}x`, title: 'too long' },
  ];
  const { options } = answered({ orders });
  assert.deepEqual(options, [{ uuid: `${id}-1`, text: `${'x'.repeat(253)}😀…` }]);
});

test('options_from: makes buttons and saves the id of the chosen one', () => {
  const orders = [
    { number: 'EU-1', title: 'Shoes {{ contact.name }}' },
    { number: 7, title: null },
  ];
  const { after, context, options, line } = answered({ orders });
  assert.deepEqual(options, [
    { uuid: 'EU-1-1', text: 'Shoes {{ contact.name }}' },
    { uuid: '7-1', text: '7' },
  ]);
  assert.match(line, /For “which”: 2 of 2 entries kept/);
  const click = { kind: 'option_chosen', optionId: '7-1', text: '7', promptPosition: 1 } as const;
  const chosen = signal(after, click, context);
  assert.deepEqual(sentIn(chosen), ['Order 7.']);
  assert.equal(chosen.conversation.customAttributes['order_number'], '7');
  const old = signal(after, { ...click, promptPosition: 9 }, context);
  assert.equal(old.conversation.run?.waiting?.for, 'quick_reply');
});

test('options_from: an empty or missing list asks nothing', () => {
  for (const answer of [{ orders: [] }, { orders: {} }, { orders: 'x' }, {}, null, []]) {
    assert.deepEqual(sentIn(answered(answer).after), ['No orders.'], JSON.stringify(answer));
  }
});

test('options_from: leaves out unusable, repeated and surplus entries', () => {
  const bad = [
    {},
    { number: null },
    { number: '' },
    { number: ['x'] },
    { number: 'a\u0007' },
    null,
  ];
  const orders = [...bad, [1], { number: 'x'.repeat(245) }, { number: '\ud800' }];
  const good = ['a', 'a', 'b', 'c', 'd', 'e'].map((number) => ({ number, title: number }));
  const { options, line } = answered({ orders: [...orders, ...good] });
  assert.deepEqual(
    options?.map(({ uuid }) => uuid),
    ['a-1', 'b-1', 'c-1'],
  );
  assert.match(
    line,
    /3 of 15 entries kept, 9 without an id that can be used, 1 with a repeated id/,
  );
  assert.match(line, /2 beyond the limit of 3/);
});

test('options_from: leaves out ids that do not fit the attribute', () => {
  const orders = [{ number: 'Red' }, { number: 'Purple' }, 'Blue'];
  const { options } = answered({ orders }, { attribute: 'color' });
  assert.deepEqual(
    options?.map(({ uuid, text }) => [uuid, text]),
    [
      ['Red-1', 'Red'],
      ['Blue-1', 'Blue'],
    ],
  );
});

test('options_from: keeps digits of large numbers and cuts long texts', () => {
  const orders = [{ number: '9007199254740993', title: 'y'.repeat(300) }];
  const { options } = answered({ orders });
  assert.equal(options?.[0]?.uuid, '9007199254740993-1');
  assert.equal(options?.[0]?.text.length, 255);
});

test('options_from: a list does not outlive the next call', () => {
  const { after, context } = answered({ orders: [{ number: 'EU-1', title: 'x' }] });
  assert.equal(after.conversation.run?.lists?.['which']?.length, 1);
  const click = {
    kind: 'option_chosen',
    optionId: 'EU-1-1',
    text: 'x',
    promptPosition: 1,
  } as const;
  const again = signal(after, click, context);
  const { waiting } = again.conversation.run!;
  assert.ok(waiting?.for === 'webhook');
  const failed = { ok: false, reason: 'x' } as const;
  const late = signal(again, { kind: 'job', jobId: waiting.jobId, outcome: failed }, context);
  assert.deepEqual(late.conversation.run?.lists, {});
});

test('options_from: a typed text or number chooses, also after the run was stored', () => {
  const orders = [
    { number: 'EU-1', title: 'Red Shoes' },
    { number: 'EU-2', title: 'Blue Shoes' },
  ];
  const { after, context } = answered({ orders });
  const stored: typeof after = JSON.parse(JSON.stringify(after));
  const say = (body: string, hasButtons: boolean) => {
    const channel = { ...context.channel, hasButtons };
    return signal(stored, { kind: 'message', body }, { ...context, channel });
  };
  const expected = [
    [' blue  SHOES ', true, 'EU-2'],
    ['blue shoes', false, 'EU-2'],
    ['2.', false, 'EU-2'],
    ['#1', false, 'EU-1'],
  ] as const;
  for (const [body, hasButtons, id] of expected) {
    const chosen = say(body, hasButtons);
    assert.deepEqual(sentIn(chosen), [`Order ${id}.`], body);
    assert.equal(chosen.conversation.customAttributes['order_number'], id);
  }
  for (const [body, hasButtons] of [
    ['2', true],
    ['3', false],
    ['shoes', false],
  ] as const) {
    assert.equal(say(body, hasButtons).conversation.customAttributes['order_number'], undefined);
  }
});
