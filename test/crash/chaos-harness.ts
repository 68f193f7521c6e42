// Runs a Parley with workflows, a callback receiver and simulated customers, and kills it again and again while the
// receivers inject faults. The invariants are checked by chaos-audit.ts.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sha256Hex } from '../../src/base/random.ts';
import { runParley, temporaryFolder } from '../cli/run-parley.ts';
import { afterAll } from '../support/after-all.ts';
import { launchParley, type ParleyProcess, startParley, TOKEN } from '../support/process.ts';
import { SeededRandom, seed } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';
import { ChaosCallback } from './chaos-callback.ts';
import { type CustomerContext, runSession, type Session } from './chaos-customers.ts';
import { channels, rejectionStatusOf, type Script, shopWorkflow } from './chaos-scripts.ts';
import { ChaosWebhook } from './chaos-webhook.ts';
import { Client } from './client.ts';
import { Cluster, makeDataFolder } from './cluster.ts';

const orderHelp = new URL('../../examples/order-help/workflows/order-help.yaml', import.meta.url);
/** How long a server runs at most when it should be killed at a fault point. */
const faultPointLimitMs = 8_000;
const idleLimitMs = 60_000;

const errorLine =
  /unhandled|"level":"(error|fatal)"|(refused|stuck|threw|lost|rejected|end_refused)"/;

const tokenOf = (channel: string): string =>
  channel === 'default' ? TOKEN : `parley_token_of_${channel}_0123456789`;

export class ChaosHarness {
  readonly random: SeededRandom;
  readonly callback: ChaosCallback;
  readonly webhook: ChaosWebhook;
  readonly sessions: Session[] = [];
  readonly violations: string[] = [];
  /** How many servers were killed at each fault point. */
  readonly killsByPoint = new Map<string, number>();
  kills = 0;
  readonly #dataDir = makeDataFolder();
  readonly #folder = temporaryFolder('chaos');
  readonly #context: CustomerContext;
  #cluster: Cluster | undefined;
  #client: Client | undefined;
  #isFinishing = false;
  #isOver = false;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(salt: number) {
    this.random = new SeededRandom(seed + salt);
    this.callback = new ChaosCallback(this.random, rejectionStatusOf);
    this.webhook = new ChaosWebhook(this.random);
    this.#context = {
      callback: this.callback,
      random: this.random,
      client: () => this.#client,
      tokenOf,
      violations: this.violations,
      isOver: () => this.#isOver,
    };
    afterAll(async () => {
      this.#isOver = true;
    });
  }

  get cluster(): Cluster {
    return this.#cluster!;
  }

  /** Creates the data folder with `parley migrate` and the workspace with `parley apply`. */
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
    await this.cluster.query(shortTimeoutsSql);
    assert.deepEqual(await parley.stop(), { code: 0, signal: null }, parley.log);
  }

  /** Runs `parley apply` as a process. */
  async apply(
    name: string,
    setup: object,
  ): Promise<{ secrets: { channel: string; secret: string }[]; changes: unknown[] }> {
    const file = join(this.#folder, name);
    writeFileSync(file, JSON.stringify(setup));
    const workflow = readFileSync(orderHelp, 'utf8')
      .replace(/channels: \[[^\]]*\]/, 'channels: [default, picky, gone, hanging]')
      .replace('for: 2s', 'for: 1s');
    assert.match(workflow, /hanging\][\s\S]*for: 1s/);
    writeFileSync(join(this.#folder, 'order-help.yaml'), workflow);
    writeFileSync(join(this.#folder, 'shop.yaml'), shopWorkflow(this.webhook.url));
    const settings = { PARLEY_DATA_DIR: this.#dataDir };
    const ran = await runParley(['apply', '-f', file, '--json'], { settings });
    assert.equal(ran.code, 0, ran.out + ran.err);
    return ran.json();
  }

  /** Starts customers that run one of these scripts after the other, until finishSessions(). */
  startCustomers(scripts: readonly Script[], customers: number, prefix = 'chaos'): void {
    for (let count = 0; count < customers; count += 1) {
      this.#track(async () => {
        while (!this.#isFinishing) await this.runSession(this.random.pick(scripts), prefix);
      });
    }
  }

  /** Starts one session in the background. */
  startSession(script: Script, prefix = 'chaos'): void {
    this.#track(() => this.runSession(script, prefix));
  }

  runSession(script: Script, prefix: string): Promise<void> {
    return runSession(script, prefix, this.#context, (one) => this.sessions.push(one));
  }

  #track(work: () => Promise<void>): void {
    const done = work().catch((error: Error) => {
      if (!this.#isOver) this.violations.push(String(error.stack));
    });
    this.#inFlight.add(done);
    void done.then(() => this.#inFlight.delete(done));
  }

  /** Kills a server under load. */
  async killUnderLoad(): Promise<void> {
    const parley = await this.#startServer();
    await pause(this.random.between(5, 1_200));
    await this.#kill(parley);
    this.#readLog(parley);
  }

  /** Kills a server while it starts. */
  async killDuringStart(): Promise<void> {
    await this.#nextGeneration();
    const parley = launchParley(this.#options());
    const limit = new AbortController();
    const late = pause(this.random.between(50, 1_200), undefined, limit).catch(() => {});
    await Promise.race([late, parley.listening.catch(() => {})]);
    limit.abort();
    await this.#kill(parley);
  }

  /** Kills the server and PostgreSQL together. */
  async cutPower(): Promise<void> {
    const parley = await this.#startServer();
    await pause(this.random.between(5, 700));
    this.#client = undefined;
    const ends = [() => this.cluster.killAll(), () => this.#kill(parley)];
    if (this.random.chance(0.5)) ends.reverse();
    await Promise.all(ends.map((end) => end()));
  }

  /** Runs a server that kills itself at a fault point; one that never passes it is stopped. */
  async killAtFaultPoint(point: string, pass: number): Promise<void> {
    const parley = await this.#startServer({ PARLEY_FAULT_POINT: `${point}:${pass}` });
    const late = setTimeout(() => parley.signal('SIGTERM'), faultPointLimitMs);
    const { signal } = await parley.exited;
    clearTimeout(late);
    this.#client = undefined;
    this.#readLog(parley);
    if (signal !== 'SIGKILL') return;
    this.kills += 1;
    this.killsByPoint.set(point, (this.killsByPoint.get(point) ?? 0) + 1);
  }

  /** Starts the server that is not killed. */
  startLastServer(): Promise<ParleyProcess> {
    return this.#startServer();
  }

  /** Stops the last server. */
  async stop(parley: ParleyProcess): Promise<void> {
    this.#client = undefined;
    assert.deepEqual(await parley.stop(), { code: 0, signal: null }, this.withSeed(parley.log));
    this.#readLog(parley);
  }

  /** Starts no further session. Resolves when all running ones have finished their scripts. */
  async finishSessions(): Promise<void> {
    this.#isFinishing = true;
    await until('all customers are done', () => this.#inFlight.size === 0, idleLimitMs).catch(
      (error: Error) => {
        this.#isOver = true;
        const waiting = this.sessions.filter(({ isDone }) => !isDone);
        const names = waiting.map(({ externalId }) => externalId);
        throw new Error(this.withSeed(`${error.message}: ${names}; ${this.violations}`));
      },
    );
  }

  /** Waits until nothing is left to do: no lane due, no job, no timer. */
  async waitUntilIdle(): Promise<void> {
    const check = async () => {
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
    await until('the server is idle', check, idleLimitMs);
  }

  readonly withSeed = (what: string): string => `${what} (repeat with CRASH_SEED=${seed})`;

  /** Starts a server and gives it to the customers. */
  async #startServer(settings: Record<string, string> = {}): Promise<ParleyProcess> {
    await this.#nextGeneration();
    const parley = launchParley(this.#options(settings));
    const url = await parley.listening.catch((error) => {
      // A server with a fault point may be killed before it listens.
      if (settings.PARLEY_FAULT_POINT === undefined) throw error;
      return undefined;
    });
    if (url !== undefined) this.#client = new Client(url, TOKEN, 128);
    return parley;
  }

  /** Counts the next server process, after what the previous one sent last has been read. */
  async #nextGeneration(): Promise<void> {
    for (let round = 0; round < 5; round += 1) await pause(10);
    this.callback.generation += 1;
  }

  /** Records what a server logged as an error: a kill alone, while PostgreSQL runs, must not cause one. */
  #readLog({ log }: ParleyProcess): void {
    const errors = log.split('\n').filter((line) => errorLine.test(line));
    this.violations.push(...errors.map((line) => `logged: ${line}`));
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

/** Sets timeouts below what a file allows, and retries that outlast the test, except on `picky`. */
const shortTimeoutsSql = `
  update channel_callbacks as b
  set timeout_ms = case when c.name = 'picky' then 2000 else 500 end,
    retry_delays_ms = case when c.name = 'picky' then array_fill(100, array[4])
      else array_fill(80, array[2000]) end
  from channels as c
  where c.workspace_id = b.workspace_id and c.id = b.channel_id`;
