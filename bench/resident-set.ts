// How much memory a process has in use, as Linux counts it.

import { readFileSync } from 'node:fs';

export type ResidentSet = { readonly nowMb: number; readonly peakMb: number };

/** The resident set of a process; null on a system that has no /proc. */
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
