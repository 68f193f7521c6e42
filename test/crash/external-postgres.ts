// A PostgreSQL that the test starts and stops and Parley reaches by PARLEY_DATABASE_URL; nothing restarts it by itself.

import { acquireEmbedded, type EmbeddedPostgres } from '../../src/database/embedded/embedded.ts';
import { afterAll } from '../support/after-all.ts';
import { Cluster, makeDataFolder } from './cluster.ts';

export class ExternalPostgres {
  readonly #dataDir: string;
  readonly #extraSettings: Record<string, string>;
  #running: EmbeddedPostgres;

  private constructor(
    dataDir: string,
    extraSettings: Record<string, string>,
    running: EmbeddedPostgres,
  ) {
    this.#dataDir = dataDir;
    this.#extraSettings = extraSettings;
    this.#running = running;
    afterAll(() => this.stop());
  }

  static async start(extraSettings: Record<string, string> = {}): Promise<ExternalPostgres> {
    const dataDir = makeDataFolder();
    return new ExternalPostgres(dataDir, extraSettings, await acquire(dataDir, extraSettings));
  }

  /** The value of PARLEY_DATABASE_URL; it stays the same across restarts. */
  get url(): string {
    const { host, port, user, password, database } = this.#running.connection;
    const login = `${user}:${encodeURIComponent(password)}`;
    return `postgresql://${login}@${encodeURIComponent(host)}:${port}/${database}`;
  }

  get cluster(): Cluster {
    return new Cluster(this.#running.clusterDir);
  }

  /** Stops it in order, as an operator would; its connections are cut off. */
  stop(): Promise<void> {
    return this.#running.release();
  }

  async startAgain(): Promise<void> {
    this.#running = await acquire(this.#dataDir, this.#extraSettings);
  }
}

/** Starts PostgreSQL as a command does: without supervision. */
function acquire(
  dataDir: string,
  extraSettings: Record<string, string>,
): Promise<EmbeddedPostgres> {
  return acquireEmbedded({
    dataDir,
    purpose: 'command',
    processName: 'parley crash test',
    log: () => {},
    extraSettings,
  });
}
