// Watches a Parley through an outage of its PostgreSQL: loads it, asks whether it is alive and ready, and knows when
// the outage has been seen from everywhere and when it is over. Causes none.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '../support/after-all.ts';
import { type ParleyProcess, TOKEN } from '../support/process.ts';
import { expectedAccount, findFaults, readStored, storedAccount } from './audit.ts';
import { Client, faultOfRefusal } from './client.ts';
import type { Story } from './event-script.ts';
import { type Load, sendUnanswered, startLoad } from './load.ts';
import { until } from './until.ts';

type Query = (text: string, values: unknown[]) => Promise<Record<string, unknown>[]>;

/** How long Parley may take to answer that it is alive, on a busy machine. */
const aliveLimitMs = 5_000;
/** A token that nobody has: only the database can tell. */
const UNKNOWN_TOKEN = 'parley_token_that_nobody_ever_had';

export class Witness {
  readonly parley: ParleyProcess;
  readonly story: Story;
  readonly load: Load;
  readonly #client: Client;
  readonly #asking: Client;
  #isOver = false;
  readonly #watch: Promise<void>;

  constructor(parley: ParleyProcess, url: string, story: Story) {
    this.parley = parley;
    this.story = story;
    this.#client = new Client(url, TOKEN);
    // Connections of its own, so that its questions never wait behind the load.
    this.#asking = new Client(url, TOKEN);
    this.load = startLoad(this.#client, story, { senders: 12, mayBreak: false });
    this.#watch = this.#watchAlive();
    afterAll(() => this.#end());
  }

  /** Waits until senders, /readyz and the look-up of a token have all met the outage. */
  async seeOutage(): Promise<void> {
    const { refused } = this.load.counts;
    await Promise.all([
      until('senders are refused', () => this.load.counts.refused > refused + 5),
      until('not ready', async () => (await this.#statusOf('/readyz')) === 503),
      until('a token cannot be looked up', async () => {
        const outcome = await this.#asking.get('/me', UNKNOWN_TOKEN);
        if (outcome.kind === 'answered' && outcome.status === 401) return false;
        const fault = faultOfRefusal(outcome);
        if (fault !== undefined) this.story.faults.push(`unknown token: ${fault}`);
        return true;
      }),
    ]);
  }

  /** Waits until everything works again, without any help. @returns how long that took, in milliseconds. */
  async seeRecovery(): Promise<number> {
    const startedAtMs = performance.now();
    await until('ready', async () => (await this.#statusOf('/readyz')) === 200);
    const { answered } = this.load.counts;
    await until('senders are answered', () => this.load.counts.answered > answered + 50);
    await until('a token is looked up', async () => {
      const outcome = await this.#asking.get('/me', UNKNOWN_TOKEN);
      return outcome.kind === 'answered' && outcome.status === 401;
    });
    return Math.round(performance.now() - startedAtMs);
  }

  /** Ends the load and looks through everything: nothing lost, nothing twice, Parley unharmed. */
  async conclude(query: Query): Promise<void> {
    await this.#end();
    await sendUnanswered(this.#client, this.story);
    const stored = await readStored(query);
    assert.deepEqual(findFaults(stored, this.story), []);
    assert.deepEqual(storedAccount(stored), expectedAccount(this.story));
    this.#client.close();
    this.#asking.close();
    assert.equal(this.parley.exit, undefined, this.parley.log);
    const faultyLines = this.parley.log
      .split('\n')
      .filter((line) => /unhandled|"level":"fatal"|signal\.rejected|request\.failed/i.test(line));
    assert.deepEqual(faultyLines, []);
  }

  async #end(): Promise<void> {
    await this.load.stop();
    this.#isOver = true;
    await this.#watch;
  }

  async #statusOf(path: string): Promise<number | undefined> {
    const outcome = await this.#asking.get(path);
    return outcome.kind === 'answered' ? outcome.status : undefined;
  }

  async #watchAlive(): Promise<void> {
    while (!this.#isOver) {
      const outcome = await this.#asking.get('/healthz');
      const isAlive =
        outcome.kind === 'answered' && outcome.status === 200 && outcome.durationMs < aliveLimitMs;
      if (!isAlive) this.story.faults.push(`/healthz: ${JSON.stringify(outcome)}`);
      await pause(50);
    }
  }
}
