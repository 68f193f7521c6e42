// Child processes of the bench. All that still run when the bench ends, for whatever reason, get SIGTERM. They are not
// killed: a killed Parley would leave its PostgreSQL running.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGTERM');
});

export type Child = {
  readonly pid: number;
  /** Reads the lines of standard output that are JSON objects. */
  readonly lines: AsyncIterator<unknown>;
  /** How it ended, with the end of its log. */
  readonly ended: Promise<string>;
  /** Sends SIGTERM, then SIGKILL if that takes too long. */
  stop(): Promise<void>;
};

/** Starts `node <words>` in the root of the repository. */
export function startChild(words: readonly string[], environment: Record<string, string>): Child {
  const child = spawn(process.execPath, [...words], {
    cwd: root,
    env: { ...withoutSettings(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  let log = '';
  child.stderr.on('data', (piece: Buffer) => {
    log = (log + piece.toString()).slice(-4000);
  });
  const ended = once(child, 'close').then(([code]) => {
    alive.delete(child);
    return `node ${words[0]} ended with ${code}:\n${log}`;
  });
  return {
    pid: child.pid!,
    lines: jsonLines(child.stdout),
    ended,
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Removes settings of the user's shell that would change the results. */
function withoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(PARLEY_|NODE_OPTIONS$|PG)/.test(name)),
  );
}

async function* jsonLines(stream: NodeJS.ReadableStream): AsyncGenerator<unknown> {
  for await (const line of createInterface({ input: stream })) {
    if (line.startsWith('{')) yield JSON.parse(line);
  }
}

/** Returns the next line of a child. @throws if it ends without one. */
export async function nextLine<Line>(child: Child): Promise<Line> {
  const { value, done } = await child.lines.next();
  if (done) throw new Error(await child.ended);
  return value as Line;
}
