// Finds out what a file is from its bytes, never from what a caller says, and decides what a browser may show.

import { isUtf8 } from 'node:buffer';
import { fileTypeFromBuffer } from 'file-type';

const ANYTHING = 'application/octet-stream';

/** Types that a browser may show in place. None of them can contain a script that browsers run. */
const inlineTypes = new Set([
  ...['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp'],
  ...['audio/mpeg', 'audio/ogg', 'audio/wav', 'audio/aac', 'audio/x-m4a', 'audio/flac'],
  ...['video/mp4', 'video/webm', 'video/ogg', 'video/quicktime'],
]);

/** Whether a browser may show files of a type; others are downloads. */
export const isShownInline = (contentType: string): boolean => inlineTypes.has(contentType);

/**
 * Finds the type of a file.
 * @param head its first bytes; @param isWhole whether these are all.
 */
export async function sniffContentType(head: Buffer, isWhole: boolean): Promise<string> {
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  if (found !== undefined) return found.mime;
  const text = isWhole ? head : withoutCutCharacter(head);
  const isText = text.length > 0 && isUtf8(text) && !text.includes(0);
  return isText ? 'text/plain' : ANYTHING;
}

/** Drops the last bytes if they are the beginning of a character. */
function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - back);
    if (byte < 0x80) return bytes;
  }
  return bytes;
}

/**
 * Whether a type is allowed.
 * @param allowed types, `image/*` for all of a kind, and the wildcard for all.
 */
export const isAllowedType = (contentType: string, allowed: readonly string[]): boolean =>
  allowed.some(
    (one) =>
      one === '*/*' ||
      one === contentType ||
      (one.endsWith('/*') && contentType.startsWith(one.slice(0, -1))),
  );
