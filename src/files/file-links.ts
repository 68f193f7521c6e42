// Links to files: signed with a key of Parley's secret key, and valid for a limited time. A link is made when a text
// that names a file is sent, so no link is ever stored.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { SecretBox } from '../base/seal.ts';
import { MARK_KEY } from '../core/model/file.ts';
import type { FileKey } from './file-store.ts';

/** The path of links, before workspace and file. */
const LINK_PATH = '/parley/v1/files';

// PostgreSQL may have written the text anew, with spaces.
const marks = /\{"\$file": ?"([0-9a-f]{32})"\}/g;
const markStart = `{"${MARK_KEY}":`;

export type FileLinksOptions = {
  /** The box; null: there is no key, so links carry no signature and lead nowhere. */
  readonly secretBox: SecretBox | null;
  readonly clock: Clock;
  readonly linkSeconds: number;
  /** The address under which clients reach this server; absent: the one that it listens on. */
  readonly publicUrl: string | undefined;
};

export class FileLinks {
  readonly #key: Buffer | null;
  readonly #clock: Clock;
  readonly #linkSeconds: number;
  #origin: string;

  constructor({ secretBox, clock, linkSeconds, publicUrl }: FileLinksOptions) {
    this.#key = secretBox?.deriveKey('parley file links v1') ?? null;
    this.#clock = clock;
    this.#linkSeconds = linkSeconds;
    this.#origin = publicUrl ?? '';
  }

  /** Whether links can be signed. */
  get canSign(): boolean {
    return this.#key !== null;
  }

  /** Sets the address that the server listens on, unless another one is configured. */
  useAddress(url: string): void {
    if (this.#origin === '') this.#origin = url;
  }

  /** Replaces the marks in a JSON text that is about to be sent to an app of a workspace. */
  inText(json: string, workspaceId: number): string {
    if (!json.includes(markStart)) return json;
    return json.replace(marks, (_mark, id: string) =>
      JSON.stringify(this.linkTo({ workspaceId, id })),
    );
  }

  linkTo(key: FileKey): string {
    const expires = Math.floor(this.#clock() / 1000) + this.#linkSeconds;
    const { workspaceId, id } = key;
    const query = new URLSearchParams({
      expires: String(expires),
      signature: this.#sign(key, expires),
    });
    return `${this.#origin}${LINK_PATH}/${workspaceId}/${id}?${query}`;
  }

  /** Whether a link is one of this installation's and has not expired. */
  isValid(key: FileKey, expires: number, signature: string): boolean {
    if (this.#key === null || !Number.isSafeInteger(expires)) return false;
    const expected = Buffer.from(this.#sign(key, expires));
    const given = Buffer.from(signature);
    const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
    return isOurs && expires * 1000 > this.#clock();
  }

  #sign({ workspaceId, id }: FileKey, expires: number): string {
    if (this.#key === null) return '';
    const content = `${workspaceId}/${id}/${expires}`;
    return createHmac('sha256', this.#key).update(content).digest('base64url');
  }
}
