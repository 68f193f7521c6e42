// Describes the machine that the bench ran on, for readers of its numbers.

import { arch, cpus, platform, totalmem } from 'node:os';

export type Machine = {
  /** The name in file names: `linux-x64-2-cores`. */
  readonly kind: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGb: number;
  readonly node: string;
};

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    kind: `${platform()}-${arch()}-${cores.length}-cores`,
    cores: cores.length,
    processor: cores[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}
