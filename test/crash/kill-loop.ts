// One data folder on which Parley is started, loaded and killed again and again, and looked through in between. Owns
// one round of that and its end; the tests decide how often and how.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { launchParley, type ParleyProcess, startParley, TOKEN } from '../support/process.ts';
import { expectedAccount, findFaults, readStored, storedAccount } from './audit.ts';
import { Client } from './client.ts';
import { Cluster, makeDataFolder } from './cluster.ts';
import { Story } from './event-script.ts';
import { type Load, sendAgain, sendUnanswered, startLoad } from './load.ts';
import { SeededRandom, seed } from './seeded-random.ts';

const senders = 24;

export class Siege {
  readonly story: Story;
  readonly random: SeededRandom;
  kills = 0;
  /** Events that were found stored although nobody was told: their repeats are the hard ones. */
  readonly storedUnanswered = new Set<string>();
  readonly #dataDir = makeDataFolder();
  #cluster: Cluster | undefined;

  /** @param salt tells the sieges of one run apart. */
  constructor(salt: number) {
    this.random = new SeededRandom(seed + salt);
    this.story = new Story(this.random);
  }

  /** Kills Parley while it starts, however far it got. */
  async killDuringStart(): Promise<void> {
    const parley = this.#launch();
    await Promise.race([pause(this.random.between(50, 1500)), parley.listening.catch(() => {})]);
    parley.signal('SIGKILL');
    await this.#expectKilled(parley);
  }

  /** Kills Parley under load, at a random moment. PostgreSQL stays, and is adopted at the next start. */
  async killUnderLoad(): Promise<void> {
    const { parley, cluster, load } = await this.#openRound();
    const postmaster = cluster.postmasterPid;
    await pause(this.random.between(5, 500));
    parley.signal('SIGKILL');
    await this.#expectKilled(parley);
    await load.stop();
    assert.equal(cluster.postmasterPid, postmaster, 'PostgreSQL survives Parley');
  }

  /** Kills PostgreSQL and Parley at once, at a random moment. */
  async cutPower(): Promise<void> {
    const { parley, cluster, load } = await this.#openRound();
    await pause(this.random.between(5, 500));
    const ends = [() => cluster.endAll(), () => parley.kill()];
    if (this.random.chance(0.5)) ends.reverse();
    await Promise.all(ends.map((end) => end()));
    await this.#expectKilled(parley);
    await load.stop();
    assert.equal(cluster.postmasterPid, undefined);
  }

  /** Lets Parley kill itself at a fault point, under load. */
  async dieAt(faultPoint: string): Promise<void> {
    const { parley, load } = await this.#openRound({ PARLEY_FAULT_POINT: faultPoint });
    const late = setTimeout(() => parley.signal('SIGTERM'), 60_000);
    await this.#expectKilled(parley);
    clearTimeout(late);
    await load.stop();
  }

  /** A last start: everything unanswered is repeated, and the outcome is that of a run without mishaps. */
  async finish(): Promise<{ events: number; parts: number; repeated: number; hard: number }> {
    const { parley, url } = await startParley(this.#options());
    const cluster = await this.#lookThrough();
    const client = new Client(url, TOKEN);
    await sendUnanswered(client, this.story);
    const all = [...this.story.entries.values()];
    assert.equal(this.story.acknowledged.length, all.length, this.#withSeed('all are answered'));
    const sample = Array.from({ length: 300 }, () => this.random.pick(all).event);
    await sendAgain(client, this.story, sample);

    const stored = await readStored((text, values) => cluster.query(text, values));
    assert.deepEqual(findFaults(stored, this.story), [], this.#withSeed('faults'));
    assert.deepEqual(storedAccount(stored), expectedAccount(this.story), this.#withSeed('model'));
    assert.equal(stored.events.length, all.length);
    client.close();
    assert.deepEqual(await parley.stop(), { code: 0, signal: null });
    return {
      events: all.length,
      parts: stored.parts.length,
      repeated: this.story.unansweredEver,
      hard: this.storedUnanswered.size,
    };
  }

  /** Starts, looks through what the last round left, and begins to load. */
  async #openRound(
    settings: Record<string, string> = {},
  ): Promise<{ parley: ParleyProcess; cluster: Cluster; load: Load }> {
    const { parley, url } = await startParley(this.#options(settings));
    const cluster = await this.#lookThrough();
    await this.#offerOptions(cluster);
    const load = startLoad(new Client(url, TOKEN), this.story, { senders, mayBreak: true });
    return { parley, cluster, load };
  }

  async #lookThrough(): Promise<Cluster> {
    this.#cluster ??= await Cluster.of(this.#dataDir);
    const cluster = this.#cluster;
    const stored = await readStored((text, values) => cluster.query(text, values));
    assert.deepEqual(findFaults(stored, this.story), [], this.#withSeed('faults'));
    for (const { eventId } of stored.events) {
      if (this.story.entries.get(eventId)?.answer === undefined) this.storedUnanswered.add(eventId);
    }
    return cluster;
  }

  async #offerOptions(cluster: Cluster): Promise<void> {
    const options = this.story.takeOptionsToOffer();
    if (options.length > 0) await cluster.query(offerOptionsSql, [JSON.stringify(options)]);
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

/** Buttons are offered by workflows; until then, the test puts them where they belong. */
export const offerOptionsSql = `
  insert into parley.quick_reply_options (workspace_id, conversation_id, option_id, text)
  select v.workspace_id, v.id, o."optionId", 'Text of ' || o."optionId"
  from json_to_recordset($1) as o("conversationId" bigint, "optionId" text)
  join parley.conversations v on v.id = o."conversationId"`;
