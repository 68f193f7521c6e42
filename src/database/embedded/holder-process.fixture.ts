// A separate process that holds an embedded PostgreSQL for a test: options come as one JSON
// argument, events are written as JSON lines, and "release" on the standard input ends it.
import { createInterface } from 'node:readline';
import { acquireEmbedded, type EmbeddedOptions, EmbeddedPostgresError } from './embedded.ts';

export type HolderEvent =
  | { event: 'log'; message: string; fields: Record<string, unknown> }
  | { event: 'acquired'; isOwner: boolean; pid: number | undefined; durationMs: number }
  | { event: 'released' }
  | { event: 'failed'; name: string; code: string; message: string };

/** `leave` lets the process end without releasing anything, once nothing keeps it running. */
export type HolderOptions = Omit<EmbeddedOptions, 'log'> & { leave?: boolean };

function tell(event: HolderEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

const { leave, ...options } = JSON.parse(process.argv[2] ?? '{}') as HolderOptions;
const startMs = performance.now();
try {
  const embedded = await acquireEmbedded({
    ...options,
    log: (_level, fields, message) => tell({ event: 'log', message, fields }),
  });
  tell({
    event: 'acquired',
    isOwner: embedded.isOwner,
    pid: embedded.postmasterPid(),
    durationMs: Math.round(performance.now() - startMs),
  });
  if (!leave) {
    const input = createInterface({ input: process.stdin });
    for await (const line of input) if (line === 'release') break;
    await embedded.release();
    tell({ event: 'released' });
    process.exit(0);
  }
} catch (error) {
  const { name, message } = error as Error;
  const code = error instanceof EmbeddedPostgresError ? error.code : 'unexpected';
  tell({ event: 'failed', name, code, message });
}
