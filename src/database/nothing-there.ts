// What commands say that find no Parley where the settings point: most likely the settings point elsewhere, and to make
// an empty one in silence would look as if everything were lost.

export class NothingThere extends Error {
  override readonly name = 'NothingThere';
  /** Of the PostgreSQL that was asked; undefined when none was. */
  readonly serverVersion: string | undefined;

  /**
   * @param where `the data folder /data`.
   * @param why what was seen there, as a sentence without its end.
   */
  constructor(where: string, why: string, serverVersion?: string) {
    super(
      `there is no Parley in ${where}: ${why}. Set PARLEY_DATA_DIR or PARLEY_DATABASE_URL as for the server; only ` +
        '`parley serve`, `parley migrate` and `parley restore` make a new one.',
    );
    this.serverVersion = serverVersion;
  }
}
