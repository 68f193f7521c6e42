// The load generator as a separate process: options as one JSON argument, the result as the last line of standard
// output. With `progressEverySeconds` it also prints a line at that interval. See load/generate.ts.

import { generateLoad, type LoadOptions } from './load/generate.ts';

export type LoadArgument = Omit<LoadOptions, 'progress'> & {
  readonly progressEverySeconds?: number;
};

const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const { progressEverySeconds, ...options } = JSON.parse(process.argv[2] ?? '') as LoadArgument;
const progress =
  progressEverySeconds === undefined
    ? {}
    : {
        progress: {
          everySeconds: progressEverySeconds,
          tell: (report: object) => print({ progress: report }),
        },
      };
print({ result: await generateLoad({ ...options, ...progress }) });
