// The error of commands that find no Parley where the settings point: probably the settings are wrong, and silently
// creating an empty Parley would look as if everything were lost.

export class NothingThere extends Error {
  override readonly name = 'NothingThere';
  /** The version of the PostgreSQL that was found; undefined if none was. */
  readonly serverVersion: string | undefined;

  /**
   * @param where `the data folder /data`.
   * @param why what was found there, as a sentence without its full stop.
   */
  constructor(where: string, why: string, serverVersion?: string) {
    super(
      `there is no Parley in ${where}: ${why}. Set PARLEY_DATA_DIR or PARLEY_DATABASE_URL as for the server; only ` +
        '`parley serve`, `parley migrate` and `parley restore` make a new one.',
    );
    this.serverVersion = serverVersion;
  }
}
