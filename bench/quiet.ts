// Keeps other processes out of the numbers: measures their share of the machine, and repeats a measurement if it was
// large. Without /proc it measures nothing.

import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** A share of the whole machine. A few hundredths are the kernel's own. */
const DISTURBED = 0.1;
const TRIES = 4;
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

export type Watched<Value> = {
  readonly value: Value;
  /** The share that other processes used meanwhile, 0 to 1; null if unknown. */
  readonly othersShare: number | null;
};

/** Runs a measurement, again if it was disturbed, and returns the quietest of a few tries. */
export async function inQuiet<Value>(measure: () => Promise<Value>): Promise<Watched<Value>> {
  let best: Watched<Value> | undefined;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const before = look();
    const value = await measure();
    const watched = { value, othersShare: shareBetween(before, look()) };
    if (watched.othersShare === null || watched.othersShare <= DISTURBED) return watched;
    if (best === undefined || watched.othersShare < best.othersShare!) best = watched;
  }
  return best!;
}

type Look = { readonly busy: number; readonly ours: number; readonly atMs: number };

function look(): Look | null {
  try {
    const [user, nice, system, , , irq, softirq, stolen] = numbersOf(
      /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))![1]!,
    );
    // Steal time: what the host gave to other virtual machines.
    const busy = user! + nice! + system! + irq! + softirq! + stolen!;
    return { busy, ours: ticksOfOurs(), atMs: performance.now() };
  } catch {
    return null;
  }
}

/** Sums the processor time of this process and its descendants, including ended ones. */
function ticksOfOurs(): number {
  const processes = new Map<number, { parent: number; ticks: number }>();
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // From the field after the name: state, parent, …, utime (11), stime, cutime, cstime.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      processes.set(pid, { parent: Number(fields[1]), ticks });
    } catch {
      // It ended in the meantime.
    }
  }
  const isOurs = (pid: number): boolean => {
    if (pid === process.pid) return true;
    const parent = processes.get(pid)?.parent;
    return parent !== undefined && parent > 0 && isOurs(parent);
  };
  let sum = 0;
  for (const [pid, { ticks }] of processes) if (isOurs(pid)) sum += ticks;
  return sum;
}

function shareBetween(before: Look | null, after: Look | null): number | null {
  if (before === null || after === null) return null;
  const machine = ((after.atMs - before.atMs) / 1000) * TICKS_PER_SECOND * cpus().length;
  return Math.max(0, (after.busy - before.busy - (after.ours - before.ours)) / machine);
}

const numbersOf = (text: string): number[] => text.trim().split(/\s+/).map(Number);
