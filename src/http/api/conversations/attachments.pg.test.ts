// Attachments of replies and messages, through the official SDK and on the wire, with a real server to fetch from.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { IntercomClient } from 'intercom-client';
import { startReceiver } from '../../../../test/support/callback-receiver.ts';
import { listen } from '../../../../test/support/listen.ts';
import { person, SECRET_KEY, startTestParley } from '../../../../test/support/server.ts';
import { until } from '../../../../test/support/until.ts';
import { SecretBox } from '../../../base/seal.ts';

const { url, token, call, notify, database } = await startTestParley({
  PARLEY_FILES_SIZE: '40000',
});
const client = new IntercomClient({ token, baseUrl: url });
const me: string = (await call('GET', '/me')).body.id;
const receiver = await startReceiver();
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
await database.sql(
  `insert into channel_callbacks (workspace_id, channel_id, url, secret_sealed, allowed_cidrs)
   values (1, 1, $1, $2, '{127.0.0.1/32}')`,
  [receiver.url, new SecretBox(SECRET_KEY).seal(secret, 'callback secret 1 1')],
);

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A server of files, some of which are not there. */
let asked: string[] = [];
const origin = `http://127.0.0.1:${await listen(
  createServer(({ url: path = '' }, response) => {
    asked.push(path);
    if (path === '/cat%20one.png') response.end(png);
    else if (path === '/moved') response.writeHead(302, { location: '/cat%20one.png' }).end();
    else if (path === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (path === '/inside') response.writeHead(302, { location: 'http://10.0.0.1/' }).end();
    else if (path === '/large') response.end(Buffer.alloc(40_001));
    else if (path === '/unsteady' && asked.filter((one) => one === path).length === 1) {
      response.writeHead(503).end();
    } else if (path === '/unsteady') response.end('at last');
    else response.writeHead(404).end();
  }),
)}`;

let count = 0;
async function begin() {
  count += 1;
  const fields = { external_conversation_id: `files_${count}`, contact: person(`files_${count}`) };
  const { body } = await notify('new_conversation', fields);
  return { id: body.conversation_id as string, contactId: body.contact_id as string, fields };
}

type Shown = {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly state: string;
  readonly content_type: string | null;
  readonly filesize: number | null;
  readonly failure?: string;
};

const attachmentsOf = async (id: string): Promise<Shown[]> => {
  const { body } = await call('GET', `/conversations/${id}`);
  return body.conversation_parts.conversation_parts.flatMap(
    (part: { attachments: Shown[] }) => part.attachments,
  );
};

const bytesAt = async (link: string): Promise<Buffer> => {
  const response = await fetch(link);
  assert.equal(response.status, 200);
  return Buffer.from(await response.arrayBuffer());
};

const file = { name: 'cat.png', content_type: 'image/png', data: png.toString('base64') };
const comment = (fields: object) => ({
  ...{ message_type: 'comment', type: 'admin', admin_id: me, body: 'Look' },
  ...fields,
});

test('replies: carry files as base64, of teammates and of contacts', async () => {
  const { id, contactId } = await begin();
  const conversation = await client.conversations.reply({
    conversation_id: id,
    body: {
      ...{ message_type: 'comment', type: 'admin', admin_id: me, body: 'Look' },
      attachment_files: [file, { ...file, name: '../../two.png' }],
    },
  });
  const [part] = conversation.conversation_parts!.conversation_parts!;
  assert.deepEqual(
    part!.attachments!.map(({ name, content_type, filesize }) => [name, content_type, filesize]),
    [
      ['cat.png', 'image/png', png.length],
      ['two.png', 'image/png', png.length],
    ],
  );
  assert.deepEqual(await bytesAt(part!.attachments![1]!.url!), png);
  await client.conversations.reply({
    conversation_id: id,
    body: {
      ...{ message_type: 'comment', type: 'user', body: 'Mine', intercom_user_id: contactId },
      attachment_files: [file],
    },
  });
  assert.equal((await attachmentsOf(id)).length, 3);
});

test('replies: take uploads, also several times, and a note does', async () => {
  const { id } = await begin();
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(png)]), 'upload.png');
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/parley/v1/uploads`, { method: 'POST', headers, body: form });
  const upload = (await response.json()) as Shown;
  for (const fields of [{}, { message_type: 'note' }]) {
    const body = comment({ upload_ids: [upload.id], ...fields });
    const { status } = await call('POST', `/conversations/${id}/reply`, body);
    assert.equal(status, 200);
  }
  const shown = await attachmentsOf(id);
  assert.deepEqual(
    shown.map((one) => one.id),
    [upload.id, upload.id],
  );
  assert.equal(
    (await call('POST', '/conversations/999/reply', comment({ upload_ids: [upload.id] }))).status,
    404,
  );
});

test('replies: addresses are fetched after the response, through redirects', async () => {
  const { id } = await begin();
  const { body } = await call(
    'POST',
    `/conversations/${id}/reply`,
    comment({ attachment_urls: [`${origin}/cat%20one.png`, `${origin}/moved`] }),
  );
  const [first] = body.conversation_parts.conversation_parts[0].attachments as Shown[];
  assert.equal(first!.name, 'cat one.png');
  const isThere = () =>
    attachmentsOf(id).then((all) => all.every(({ state }) => state === 'stored'));
  await until('both files are stored', isThere);
  for (const { url: link, content_type } of await attachmentsOf(id)) {
    assert.equal(content_type, 'image/png');
    assert.deepEqual(await bytesAt(link), png);
  }
  // The link of the first response leads there, too.
  assert.deepEqual(await bytesAt(first!.url), png);
});

test('replies: a file that cannot be fetched says why', async () => {
  const { id } = await begin();
  const urls = ['/missing', '/loop', '/inside', '/large'].map((path) => origin + path);
  const attachment_urls = [...urls, 'https://10.0.0.1/x'];
  await call('POST', `/conversations/${id}/reply`, comment({ attachment_urls }));
  const failed = await until('all have failed', async () => {
    const all = await attachmentsOf(id);
    return all.every(({ state }) => state === 'failed') && all;
  });
  assert.deepEqual(
    failed.map(({ failure }) => failure),
    [
      'its server responded with status 404',
      'its server redirects too often',
      'its address is not allowed',
      'it has more than 40000 bytes',
      'its address is not allowed',
    ],
  );
  assert.equal((await fetch(failed[0]!.url)).status, 404);
});

test('replies: a fetch that fails for the moment is tried again', async () => {
  const { id } = await begin();
  asked = [];
  const attachment_urls = [`${origin}/unsteady`];
  const { body } = await call('POST', `/conversations/${id}/reply`, comment({ attachment_urls }));
  const [{ url: link }] = body.conversation_parts.conversation_parts[0].attachments;
  const early = await fetch(link);
  assert.equal(early.status, 404);
  assert.equal(early.headers.get('retry-after'), '2');
  await early.text();
  await until('it is stored', async () => (await attachmentsOf(id))[0]!.state === 'stored');
  assert.equal((await bytesAt(link)).toString(), 'at last');
});

test('POST /conversations: takes addresses of files', async () => {
  const { contactId } = await begin();
  const message = await client.conversations.create({
    from: { type: 'user', id: contactId },
    body: 'With a picture',
    attachment_urls: [`${origin}/cat%20one.png`],
  } as Parameters<typeof client.conversations.create>[0]);
  const id = message.conversation_id!;
  await until('it is stored', async () => (await attachmentsOf(id))[0]?.state === 'stored');
});

test('notify_new_message: takes https addresses; a repeat adds nothing', async () => {
  const { id, fields } = await begin();
  const event = {
    ...fields,
    event_id: `with_files_${count}`,
    body: 'See',
    attachment_urls: ['https://10.0.0.1/a.pdf'],
  };
  assert.equal((await notify('new_message', event)).status, 200);
  const again = await notify('new_message', event);
  assert.equal(again.headers.get('idempotent-replayed'), 'true');
  const changed = await notify('new_message', {
    ...event,
    attachment_urls: ['https://10.0.0.1/b.pdf'],
  });
  assert.equal(changed.status, 422);
  const shown = await until('its end is known', async () => {
    const all = await attachmentsOf(id);
    return all.every(({ state }) => state === 'failed') && all;
  });
  assert.deepEqual(
    shown.map(({ name }) => name),
    ['a.pdf'],
  );
  const wrong = [
    ['http://example.com/a.png'],
    ['https://example.com/\u0000'],
    ['https://example.com/\ud800'],
    [7],
    Array(11).fill('https://example.com/a.png'),
    { length: 3 },
  ];
  for (const attachment_urls of wrong) {
    const { status } = await notify('new_message', { ...fields, attachment_urls });
    assert.ok(status === 400 || status === 422, JSON.stringify(attachment_urls));
  }
  const none = await notify('new_message', { ...fields, attachment_urls: [] });
  assert.equal(none.status, 200);
});

test('body limits: 25 MiB where files may be, 1 MiB elsewhere', async () => {
  const { id, fields } = await begin();
  const junk = 'x'.repeat(2_000_000);
  assert.equal((await notify('new_message', { ...fields, junk })).status, 200);
  assert.equal((await notify('new_conversation', { ...fields, junk })).status, 413);
  assert.equal((await call('POST', `/conversations/${id}/reply`, comment({ junk }))).status, 200);
  const large = { ...file, data: Buffer.alloc(40_001).toString('base64') };
  const tooLarge = await call(
    'POST',
    `/conversations/${id}/reply`,
    comment({ attachment_files: [large] }),
  );
  assert.equal(tooLarge.status, 413);
});

test('events: each delivery and each read has links of its own, and none is stored', async () => {
  const { id, fields } = await begin();
  await call('POST', `/conversations/${id}/reply`, comment({ attachment_files: [file] }));
  const external = fields.external_conversation_id;
  await receiver.until('it is delivered', () =>
    receiver.of(external).some((event) => event.event_name === 'new_message'),
  );
  const delivered = receiver.of(external).find((event) => event.event_name === 'new_message');
  const { body } = await call('GET', `/parley/v1/events?after=0&conversation_id=${id}`);
  const polled = body.data.find(
    (event: { event_name: string }) => event.event_name === 'new_message',
  );
  for (const event of [delivered, polled]) {
    const [attachment] = event.message.attachments as Shown[];
    assert.deepEqual([attachment!.name, attachment!.state], ['cat.png', 'stored']);
    assert.deepEqual(await bytesAt(attachment!.url), png);
  }
  const stream = await fetch(`${url}/parley/v1/events/stream?after=0&conversation_id=${id}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { value } = await stream.body!.getReader().read();
  const text = await until('the event comes', () => Buffer.from(value!).toString());
  assert.doesNotMatch(text, /\$file/);
  const stored = await database.sql<{ body: string }>(
    "select body from outbound_events where conversation_id = $1 and name = 'new_message'",
    [id],
  );
  assert.doesNotMatch(stored[0]!.body, /signature|http/);
});

test('idempotency: a repeated reply has one part with one file', async () => {
  const { id } = await begin();
  const headers = { 'idempotency-key': `files-${count}` };
  const body = comment({ attachment_files: [file] });
  const first = await call('POST', `/conversations/${id}/reply`, body, headers);
  const again = await call('POST', `/conversations/${id}/reply`, body, headers);
  assert.equal(again.headers.get('idempotent-replayed'), 'true');
  assert.equal((await attachmentsOf(id)).length, 1);
  const kept = await database.sql<{ body: string }>(
    'select body from idempotency_keys where key = $1',
    [headers['idempotency-key']],
  );
  assert.doesNotMatch(kept[0]!.body, /signature/);
  assert.equal(first.status, 200);
});

test('texts: a contact cannot write the mark of a link', async () => {
  const { id, fields } = await begin();
  await call('POST', `/conversations/${id}/reply`, comment({ attachment_files: [file] }));
  const [{ id: fileId }] = (await attachmentsOf(id)) as [Shown];
  const mark = `{"$file":"${fileId}"}`;
  const spelled = `\\{"$file": "${fileId}"}`;
  await notify('new_message', { ...fields, body: mark });
  await notify('new_message', { ...fields, body: spelled });
  await notify('attribute_collected', { ...fields, attribute: { id: 'url', value: spelled } });
  await notify('attribute_collected', { ...fields, attribute: { id: 'link', value: mark } });
  const { body } = await call('GET', `/conversations/${id}`);
  assert.equal(body.custom_attributes.url, spelled);
  const text = JSON.stringify(body);
  assert.equal(text.split('signature=').length - 1, 1);
});

test('redaction: takes the files of the part, with their bytes', async () => {
  const { id } = await begin();
  const { body } = await call(
    'POST',
    `/conversations/${id}/reply`,
    comment({ attachment_files: [file] }),
  );
  const [part] = body.conversation_parts.conversation_parts;
  await client.conversations.redactConversationPart({
    type: 'conversation_part',
    conversation_id: id,
    conversation_part_id: part.id,
  });
  assert.deepEqual(await attachmentsOf(id), []);
  await until(
    'the file is gone',
    async () => (await fetch(part.attachments[0].url)).status === 404,
    20_000,
  );
});
