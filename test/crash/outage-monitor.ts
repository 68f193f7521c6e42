// Monitors a Parley during an outage of its PostgreSQL: sends load, polls /healthz and /readyz, and waits until the
// outage is visible everywhere and until it is over. Causes no outage itself.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '../support/after-all.ts';
import { type ParleyProcess, TOKEN } from '../support/process.ts';
import { until } from '../support/until.ts';
import { expectedContents, findViolations, readStored, storedContents } from './audit.ts';
import { Client, find503Violation } from './client.ts';
import type { EventScript } from './event-script.ts';
import { type Load, sendUnanswered, startLoad } from './load.ts';

type Query = (text: string, values: unknown[]) => Promise<Record<string, unknown>[]>;

/** How long /healthz may take on a busy machine. */
const aliveLimitMs = 5_000;
/** A token that does not exist: only the database can tell. */
const UNKNOWN_TOKEN = 'parley_token_that_does_not_exist';

export class OutageMonitor {
  readonly parley: ParleyProcess;
  readonly script: EventScript;
  readonly load: Load;
  readonly #client: Client;
  readonly #probe: Client;
  #isOver = false;
  readonly #watch: Promise<void>;

  constructor(parley: ParleyProcess, url: string, script: EventScript) {
    this.parley = parley;
    this.script = script;
    this.#client = new Client(url, TOKEN);
    // Separate connections, so that probes never wait behind the load.
    this.#probe = new Client(url, TOKEN);
    this.load = startLoad(this.#client, script, { senders: 12, mayBreak: false });
    this.#watch = this.#watchAlive();
    afterAll(() => this.#end());
  }

  /** Waits until senders, /readyz and the lookup of a token have all met the outage. */
  async waitForOutage(): Promise<void> {
    const { unavailable } = this.load.counts;
    await Promise.all([
      until('senders get 503', () => this.load.counts.unavailable > unavailable + 5),
      until('not ready', async () => (await this.#statusOf('/readyz')) === 503),
      until('a token cannot be looked up', async () => {
        const outcome = await this.#probe.get('/me', UNKNOWN_TOKEN);
        if (outcome.kind === 'answered' && outcome.status === 401) return false;
        const violation = find503Violation(outcome);
        if (violation !== undefined) this.script.violations.push(`unknown token: ${violation}`);
        return true;
      }),
    ]);
  }

  /** Waits until everything works again by itself. @returns how long that took, in milliseconds. */
  async waitForRecovery(): Promise<number> {
    const startedAtMs = performance.now();
    await until('ready', async () => (await this.#statusOf('/readyz')) === 200);
    const { answered } = this.load.counts;
    await until('senders are answered', () => this.load.counts.answered > answered + 50);
    await until('an unknown token gets 401 again', async () => {
      const outcome = await this.#probe.get('/me', UNKNOWN_TOKEN);
      return outcome.kind === 'answered' && outcome.status === 401;
    });
    return Math.round(performance.now() - startedAtMs);
  }

  /** Stops the load and audits: nothing lost, nothing twice, no unexpected log line. */
  async finish(query: Query): Promise<void> {
    await this.#end();
    await sendUnanswered(this.#client, this.script);
    const stored = await readStored(query);
    assert.deepEqual(findViolations(stored, this.script), []);
    assert.deepEqual(storedContents(stored), expectedContents(this.script));
    this.#client.close();
    this.#probe.close();
    assert.equal(this.parley.exit, undefined, this.parley.log);
    const unexpectedLines = this.parley.log
      .split('\n')
      .filter((line) => /unhandled|"level":"fatal"|signal\.rejected|request\.failed/i.test(line));
    assert.deepEqual(unexpectedLines, []);
  }

  async #end(): Promise<void> {
    await this.load.stop();
    this.#isOver = true;
    await this.#watch;
  }

  async #statusOf(path: string): Promise<number | undefined> {
    const outcome = await this.#probe.get(path);
    return outcome.kind === 'answered' ? outcome.status : undefined;
  }

  async #watchAlive(): Promise<void> {
    while (!this.#isOver) {
      const outcome = await this.#probe.get('/healthz');
      const isAlive =
        outcome.kind === 'answered' && outcome.status === 200 && outcome.durationMs < aliveLimitMs;
      if (!isAlive) this.script.violations.push(`/healthz: ${JSON.stringify(outcome)}`);
      await pause(50);
    }
  }
}
