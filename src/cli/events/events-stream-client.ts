// Reads the event stream of a running server over HTTP, one connection at a time. Does not reconnect: its caller does,
// from the last id.

import { firstCharacters } from '../../base/characters.ts';
import { CommandFailed } from '../kit/command.ts';

/** Three heartbeats were missed: the connection is dead. */
const SILENCE_TIMEOUT_MS = 45_000;

export type StreamMessage = {
  /** The cursor after this message; null for ephemeral events. */
  readonly id: string | null;
  readonly name: string;
  /** Null if the message only carries the id. */
  readonly data: string | null;
};

export type StreamAddress = {
  /** The server, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly token: string;
  readonly conversationId: string | undefined;
};

/**
 * Yields the messages of a stream until the connection ends.
 * @throws CommandFailed when the server rejects the request; other errors when the connection breaks.
 */
export async function* readEventStream(
  { url, token, conversationId }: StreamAddress,
  lastId: string | null,
  stopping: AbortSignal,
): AsyncGenerator<StreamMessage> {
  const address = new URL(`${url}/parley/v1/events/stream`);
  if (conversationId !== undefined) address.searchParams.set('conversation_id', conversationId);
  const silence = new AbortController();
  const listen = () => setTimeout(() => silence.abort(), SILENCE_TIMEOUT_MS);
  let timer = listen();
  try {
    const response = await fetch(address, {
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${token}`,
        ...(lastId === null ? {} : { 'last-event-id': lastId }),
      },
      signal: AbortSignal.any([stopping, silence.signal]),
    });
    if (response.status !== 200) throw await errorOf(response);
    let rest = '';
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer);
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop()!;
      // The caller may be slow with them; that is not silence of the server.
      for (const block of blocks) yield* readBlock(block);
      timer = listen();
    }
  } finally {
    clearTimeout(timer);
  }
}

function* readBlock(block: string): Generator<StreamMessage> {
  const fields = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')] as const;
    }),
  );
  const message = {
    id: fields.get('id') ?? null,
    name: fields.get('event') ?? 'message',
    data: fields.get('data') ?? null,
  };
  if (message.id !== null || message.data !== null) yield message;
}

/** The error of a response; a temporary one is no CommandFailed, so that the caller retries. */
async function errorOf(response: Response): Promise<Error> {
  const text = await response.text();
  const said = /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? firstCharacters(text, 200);
  const sentence = `the server responded with ${response.status}: ${said}`;
  const isTemporary = response.status >= 500 || response.status === 429;
  return isTemporary ? new Error(sentence) : new CommandFailed(sentence);
}
