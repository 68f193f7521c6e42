// Starts Parley on one data folder, loads it, kills it, and audits the stored rows before the next round. The tests
// decide how often and how it is killed.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { launchParley, type ParleyProcess, startParley, TOKEN } from '../support/process.ts';
import { SeededRandom, seed } from '../support/seeded-random.ts';
import { expectedContents, findViolations, readStored, storedContents } from './audit.ts';
import { Client } from './client.ts';
import { Cluster, makeDataFolder } from './cluster.ts';
import { EventScript } from './event-script.ts';
import { type Load, sendAgain, sendUnanswered, startLoad } from './load.ts';

const senders = 24;

export class KillLoop {
  readonly script: EventScript;
  readonly random: SeededRandom;
  kills = 0;
  /** Events that were stored but never acknowledged: repeating them must be idempotent. */
  readonly storedUnanswered = new Set<string>();
  readonly #dataDir = makeDataFolder();
  #cluster: Cluster | undefined;

  /** @param salt makes this loop differ from the others of the run. */
  constructor(salt: number) {
    this.random = new SeededRandom(seed + salt);
    this.script = new EventScript(this.random);
  }

  /** Kills Parley while it starts. */
  async killDuringStart(): Promise<void> {
    const parley = this.#launch();
    await Promise.race([pause(this.random.between(50, 1500)), parley.listening.catch(() => {})]);
    parley.signal('SIGKILL');
    await this.#expectKilled(parley);
  }

  /** Kills Parley under load, at a random moment. PostgreSQL keeps running, and the next start adopts it. */
  async killUnderLoad(): Promise<void> {
    const { parley, cluster, load } = await this.#startRound();
    const postmaster = cluster.postmasterPid;
    await pause(this.random.between(5, 500));
    parley.signal('SIGKILL');
    await this.#expectKilled(parley);
    await load.stop();
    assert.equal(cluster.postmasterPid, postmaster, 'PostgreSQL survives Parley');
  }

  /** Kills PostgreSQL and Parley together, at a random moment. */
  async cutPower(): Promise<void> {
    const { parley, cluster, load } = await this.#startRound();
    await pause(this.random.between(5, 500));
    const ends = [() => cluster.killAll(), () => parley.kill()];
    if (this.random.chance(0.5)) ends.reverse();
    await Promise.all(ends.map((end) => end()));
    await this.#expectKilled(parley);
    await load.stop();
    assert.equal(cluster.postmasterPid, undefined);
  }

  /** Lets Parley kill itself at a fault point, under load. */
  async killAtFaultPoint(faultPoint: string): Promise<void> {
    const { parley, load } = await this.#startRound({ PARLEY_FAULT_POINT: faultPoint });
    const late = setTimeout(() => parley.signal('SIGTERM'), 60_000);
    await this.#expectKilled(parley);
    clearTimeout(late);
    await load.stop();
  }

  /** Starts once more, repeats everything unanswered, and expects the outcome of a run without failures. */
  async finish(): Promise<{
    events: number;
    parts: number;
    repeated: number;
    storedUnanswered: number;
  }> {
    const { parley, url } = await startParley(this.#options());
    const cluster = await this.#audit();
    const client = new Client(url, TOKEN);
    await sendUnanswered(client, this.script);
    const all = [...this.script.entries.values()];
    assert.equal(
      this.script.acknowledged.length,
      all.length,
      this.#withSeed('all are acknowledged'),
    );
    const sample = Array.from({ length: 300 }, () => this.random.pick(all).event);
    await sendAgain(client, this.script, sample);

    const stored = await readStored((text, values) => cluster.query(text, values));
    assert.deepEqual(findViolations(stored, this.script), [], this.#withSeed('violations'));
    assert.deepEqual(
      storedContents(stored),
      expectedContents(this.script),
      this.#withSeed('contents'),
    );
    assert.equal(stored.events.length, all.length);
    client.close();
    assert.deepEqual(await parley.stop(), { code: 0, signal: null });
    return {
      events: all.length,
      parts: stored.parts.length,
      repeated: this.script.unansweredEver,
      storedUnanswered: this.storedUnanswered.size,
    };
  }

  /** Starts Parley, audits what the last round left, and starts the load. */
  async #startRound(
    settings: Record<string, string> = {},
  ): Promise<{ parley: ParleyProcess; cluster: Cluster; load: Load }> {
    const { parley, url } = await startParley(this.#options(settings));
    const cluster = await this.#audit();
    await this.#insertOptions(cluster);
    const load = startLoad(new Client(url, TOKEN), this.script, { senders, mayBreak: true });
    return { parley, cluster, load };
  }

  async #audit(): Promise<Cluster> {
    this.#cluster ??= await Cluster.of(this.#dataDir);
    const cluster = this.#cluster;
    const stored = await readStored((text, values) => cluster.query(text, values));
    assert.deepEqual(findViolations(stored, this.script), [], this.#withSeed('violations'));
    for (const { eventId } of stored.events) {
      if (this.script.entries.get(eventId)?.acknowledgement === undefined)
        this.storedUnanswered.add(eventId);
    }
    return cluster;
  }

  async #insertOptions(cluster: Cluster): Promise<void> {
    const options = this.script.takeMissingOptions();
    if (options.length > 0) await cluster.query(insertOptionsSql, [JSON.stringify(options)]);
  }

  async #expectKilled(parley: ParleyProcess): Promise<void> {
    const { code, signal } = await parley.exited;
    assert.equal(signal, 'SIGKILL', this.#withSeed(`killed, not exit ${code}:\n${parley.log}`));
    this.kills += 1;
  }

  #launch(): ParleyProcess {
    return launchParley(this.#options());
  }

  #options(settings: Record<string, string> = {}) {
    return {
      settings: { PARLEY_DATA_DIR: this.#dataDir, PARLEY_LOG_LEVEL: 'warn', ...settings },
    };
  }

  #withSeed(what: string): string {
    return `${what} (repeat with CRASH_SEED=${seed})`;
  }
}

/** Inserts the quick replies directly, since no workflow runs here. */
export const insertOptionsSql = `
  insert into parley.quick_reply_options (workspace_id, conversation_id, option_id, text)
  select v.workspace_id, v.id, o."optionId", 'Text of ' || o."optionId"
  from json_to_recordset($1) as o("conversationId" bigint, "optionId" text)
  join parley.conversations v on v.id = o."conversationId"`;
