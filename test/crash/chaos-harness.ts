// A Parley with workflows, callbacks and customers, that is killed again and again while receivers misbehave. Owns its
// processes, from the setting up to the calm at the end; what must hold then is for the audit to say.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sha256Hex } from '../../src/base/random.ts';
import { runParley, temporaryFolder } from '../cli/run-parley.ts';
import { afterAll } from '../support/after-all.ts';
import { launchParley, type ParleyProcess, startParley, TOKEN } from '../support/process.ts';
import { ChaosCallback } from './chaos-callback.ts';
import { type Surroundings, type Visit, visit } from './chaos-customers.ts';
import { channels, refusalOf, type Script, shopWorkflow } from './chaos-scripts.ts';
import { ChaosWebhook } from './chaos-webhook.ts';
import { Client } from './client.ts';
import { Cluster, makeDataFolder } from './cluster.ts';
import { SeededRandom, seed } from './seeded-random.ts';
import { until } from './until.ts';

const orderHelp = new URL('../../examples/order-help/workflows/order-help.yaml', import.meta.url);
/** How long a server lives at most when it is to die at a named place. */
const deathLimitMs = 8_000;
const calmLimitMs = 60_000;

const faultyLine =
  /unhandled|"level":"(error|fatal)"|(refused|stuck|threw|lost|rejected|end_refused)"/;

const tokenOf = (channel: string): string =>
  channel === 'default' ? TOKEN : `parley_token_of_${channel}_0123456789`;

export class ChaosTown {
  readonly random: SeededRandom;
  readonly callback: ChaosCallback;
  readonly webhook: ChaosWebhook;
  readonly visits: Visit[] = [];
  readonly faults: string[] = [];
  /** How many servers died at each named place. */
  readonly deaths = new Map<string, number>();
  kills = 0;
  readonly #dataDir = makeDataFolder();
  readonly #folder = temporaryFolder('chaos');
  readonly #around: Surroundings;
  #cluster: Cluster | undefined;
  #client: Client | undefined;
  #isClosing = false;
  #isOver = false;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(salt: number) {
    this.random = new SeededRandom(seed + salt);
    this.callback = new ChaosCallback(this.random, refusalOf);
    this.webhook = new ChaosWebhook(this.random);
    this.#around = {
      callback: this.callback,
      random: this.random,
      client: () => this.#client,
      tokenOf,
      faults: this.faults,
      isOver: () => this.#isOver,
    };
    afterAll(async () => {
      this.#isOver = true;
    });
  }

  get cluster(): Cluster {
    return this.#cluster!;
  }

  /** Makes the data folder by `parley migrate`, and everything in it by `parley apply`. */
  async setUp(): Promise<void> {
    await Promise.all([this.callback.open(), this.webhook.open()]);
    await runParley(['migrate'], { settings: { PARLEY_DATA_DIR: this.#dataDir } });
    const { secrets } = await this.apply('parley.json', {
      admins: [{ name: 'Ada', email: 'ada@example.com' }],
      teams: [{ name: 'Support', members: ['ada@example.com'] }],
      data_attributes: [
        { name: 'order_number', model: 'conversation', type: 'string' },
        { name: 'order_status', model: 'conversation', type: 'string' },
      ],
      channels: channels.map((name) => ({
        name,
        callback: { url: this.callback.urlOf(name), allow_cidrs: ['127.0.0.0/8'], timeout: '1s' },
      })),
      workflows: ['order-help.yaml', 'shop.yaml'],
    });
    for (const { channel, secret } of secrets) this.callback.secrets.set(channel, secret);
    this.webhook.secret = this.callback.secrets.get('shop')!;
    this.#cluster = await Cluster.of(this.#dataDir);
    const { parley } = await startParley(this.#options());
    await this.#addTokens();
    await this.cluster.query(hurrySql);
    assert.deepEqual(await parley.stop(), { code: 0, signal: null }, parley.log);
  }

  /** `parley apply`, in a process of its own. */
  async apply(
    name: string,
    setup: object,
  ): Promise<{ secrets: { channel: string; secret: string }[]; changes: unknown[] }> {
    const file = join(this.#folder, name);
    writeFileSync(file, JSON.stringify(setup));
    const workflow = readFileSync(orderHelp, 'utf8')
      .replace(/channels: \[[^\]]*\]/, 'channels: [default, picky, gone, dead]')
      .replace('for: 2s', 'for: 1s');
    assert.match(workflow, /dead\][\s\S]*for: 1s/);
    writeFileSync(join(this.#folder, 'order-help.yaml'), workflow);
    writeFileSync(join(this.#folder, 'shop.yaml'), shopWorkflow(this.webhook.url));
    const settings = { PARLEY_DATA_DIR: this.#dataDir };
    const ran = await runParley(['apply', '-f', file, '--json'], { settings });
    assert.equal(ran.code, 0, ran.out + ran.err);
    return ran.json();
  }

  /** Sends so many customers through these scripts, one visit after the other, until the doors close. */
  open(some: readonly Script[], customers: number, prefix = 'chaos'): void {
    for (let count = 0; count < customers; count += 1) {
      this.#keep(async () => {
        while (!this.#isClosing) await this.visit(this.random.pick(some), prefix);
      });
    }
  }

  /** One visit, on its way from now on whatever happens. */
  send(script: Script, prefix = 'chaos'): void {
    this.#keep(() => this.visit(script, prefix));
  }

  visit(script: Script, prefix: string): Promise<void> {
    return visit(script, prefix, this.#around, (one) => this.visits.push(one));
  }

  #keep(work: () => Promise<void>): void {
    const done = work().catch((error: Error) => {
      if (!this.#isOver) this.faults.push(String(error.stack));
    });
    this.#inFlight.add(done);
    void done.then(() => this.#inFlight.delete(done));
  }

  /** Kills a server in the middle of things. */
  async killUnderLoad(): Promise<void> {
    const parley = await this.#begin();
    await pause(this.random.between(5, 1_200));
    await this.#kill(parley);
    this.#readLog(parley);
  }

  /** Kills a server that may not be one yet. */
  async killDuringStart(): Promise<void> {
    await this.#countGeneration();
    const parley = launchParley(this.#options());
    const limit = new AbortController();
    const late = pause(this.random.between(50, 1_200), undefined, limit).catch(() => {});
    await Promise.race([late, parley.listening.catch(() => {})]);
    limit.abort();
    await this.#kill(parley);
  }

  /** Kills the server and PostgreSQL. */
  async cutPower(): Promise<void> {
    const parley = await this.#begin();
    await pause(this.random.between(5, 700));
    this.#client = undefined;
    const ends = [() => this.cluster.endAll(), () => this.#kill(parley)];
    if (this.random.chance(0.5)) ends.reverse();
    await Promise.all(ends.map((end) => end()));
  }

  /** Lets a server die at a named place. If it never comes there, it is killed all the same. */
  async dieAt(point: string, pass: number): Promise<void> {
    const parley = await this.#begin({ PARLEY_FAULT_POINT: `${point}:${pass}` });
    const late = setTimeout(() => parley.signal('SIGTERM'), deathLimitMs);
    const { signal } = await parley.exited;
    clearTimeout(late);
    this.#client = undefined;
    this.#readLog(parley);
    if (signal !== 'SIGKILL') return;
    this.kills += 1;
    this.deaths.set(point, (this.deaths.get(point) ?? 0) + 1);
  }

  /** Starts a server that is not killed. */
  startForGood(): Promise<ParleyProcess> {
    return this.#begin();
  }

  /** Stops it at the end of everything. */
  async stop(parley: ParleyProcess): Promise<void> {
    this.#client = undefined;
    assert.deepEqual(await parley.stop(), { code: 0, signal: null }, this.withSeed(parley.log));
    this.#readLog(parley);
  }

  /** Nobody begins anything any more. Resolves when all customers came to the end of their scripts. */
  async closeDoors(): Promise<void> {
    this.#isClosing = true;
    await until('all customers are done', () => this.#inFlight.size === 0, calmLimitMs).catch(
      (error: Error) => {
        this.#isOver = true;
        const waiting = this.visits.filter(({ isDone }) => !isDone);
        const names = waiting.map(({ externalId }) => externalId);
        throw new Error(this.withSeed(`${error.message}: ${names}; ${this.faults}`));
      },
    );
  }

  /** Waits until nothing is left to do: no lane due, no job, no timer. */
  async calm(): Promise<void> {
    const look = async () => {
      const [left] = await this.cluster.query<{ lanes: number; jobs: number; timers: number }>(
        `select (select count(*)::int from delivery_lanes where due_at is not null) as lanes,
           (select count(*)::int from jobs) as jobs, (select count(*)::int from conversations
             where wake_at < now() + interval '1 hour') as timers`,
      );
      const { lanes, jobs, timers } = left!;
      if (lanes + jobs + timers === 0) return true;
      await pause(100);
      return false;
    };
    await until('everything came to its end', look, calmLimitMs);
  }

  readonly withSeed = (what: string): string => `${what} (repeat with CRASH_SEED=${seed})`;

  /** Starts a server and shows it to the customers. */
  async #begin(settings: Record<string, string> = {}): Promise<ParleyProcess> {
    await this.#countGeneration();
    const parley = launchParley(this.#options(settings));
    const url = await parley.listening.catch((error) => {
      // One that is to die may do so before anybody has called it.
      if (settings.PARLEY_FAULT_POINT === undefined) throw error;
      return undefined;
    });
    if (url !== undefined) this.#client = new Client(url, TOKEN, 128);
    return parley;
  }

  /** What the server before sent with its last breath must be read before the next one counts. */
  async #countGeneration(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await pause(10);
    this.callback.generation += 1;
  }

  /** A kill is no reason to complain: what a server logs as a fault while PostgreSQL is there is one. */
  #readLog({ log }: ParleyProcess): void {
    const faulty = log.split('\n').filter((line) => faultyLine.test(line));
    this.faults.push(...faulty.map((line) => `logged: ${line}`));
  }

  async #kill(parley: ParleyProcess): Promise<void> {
    const { code, signal } = await parley.kill();
    this.#client = undefined;
    assert.equal(signal, 'SIGKILL', this.withSeed(`killed, not exit ${code}:\n${parley.log}`));
    this.kills += 1;
  }

  async #addTokens(): Promise<void> {
    for (const channel of channels.filter((name) => name !== 'default')) {
      await this.cluster.query(
        `insert into access_tokens
           (workspace_id, channel_id, admin_id, name, token_hash, token_hint)
         select workspace_id, id, (select min(id) from admins), 'chaos', decode($2, 'hex'), '6789'
         from channels where name = $1`,
        [channel, sha256Hex(tokenOf(channel))],
      );
    }
  }

  #options(settings: Record<string, string> = {}) {
    return {
      settings: {
        PARLEY_DATA_DIR: this.#dataDir,
        PARLEY_LOG_LEVEL: 'warn',
        // Most of the time goes into starting: what the first server compiled need not be compiled again.
        ...settings,
      },
    };
  }
}

/** Shorter than a file may say: retries that never end within a test, but for the one that gives up. */
const hurrySql = `
  update channel_callbacks as b
  set timeout_ms = case when c.name = 'picky' then 2000 else 500 end,
    retry_delays_ms = case when c.name = 'picky' then array_fill(100, array[4])
      else array_fill(80, array[2000]) end
  from channels as c
  where c.workspace_id = b.workspace_id and c.id = b.channel_id`;
