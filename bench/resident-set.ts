// The memory that a process uses, as Linux counts it.

import { readFileSync } from 'node:fs';

export type ResidentSet = { readonly nowMb: number; readonly peakMb: number };

/** Reads the resident set of a process; null on a system without /proc. */
export function residentSet(pid: number): ResidentSet | null {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return null;
  }
  const megabytes = (name: string) =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  return { nowMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') };
}
