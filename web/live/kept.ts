// What this browser keeps for a teammate across reloads and crashes: drafts and unsent messages. In local storage,
// because it is written before the next line runs, also while the page is being closed; IndexedDB is not.

/** Reads a value; null if there is none or it is damaged. */
export function readKept<T>(name: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') as T | null;
  } catch {
    return null;
  }
}

/** Keeps a value; null removes it. @returns whether the browser kept it: its storage may be full or turned off. */
export function keep(name: string, value: unknown): boolean {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** The names that begin with a prefix. */
export function keptNames(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  } catch {
    return [];
  }
}

/** 128 random bits. `crypto.randomUUID` does not exist over plain HTTP. */
export const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
