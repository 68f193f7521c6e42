// Runs a short program to its end as a given user, with a clean environment (no PG* variables, no secrets). Never
// throws.
import { spawn } from 'node:child_process';
import { identityOf, type RunAs } from './run-as.ts';

export type ProgramResult = {
  ok: boolean;
  exitCode: number | null;
  output: string;
  spawnError?: NodeJS.ErrnoException;
};

const passedOn = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'SystemDrive', 'windir'];
const outputLimitBytes = 64 * 1024;

/** Creates the environment of every program that this folder starts. */
export function cleanEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  // C instead of the user's locale: messages are matched, and macOS needs it to start at all.
  const environment: Record<string, string> = { LC_ALL: 'C', TZ: 'UTC' };
  for (const name of passedOn) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...extra };
}

/** Runs a program to its end and returns its exit code and output, even if it fails. */
export function runProgram(
  file: string,
  args: string[],
  options: { runAs: RunAs; cwd?: string },
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...identityOf(options.runAs),
      cwd: options.cwd ?? '/',
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      if (output.length < outputLimitBytes) output += chunk.toString('utf8');
    };
    for (const stream of [child.stdout, child.stderr]) {
      // A broken pipe does not matter; the exit of the program does.
      stream.on('data', collect).on('error', () => {});
    }
    child.on('error', (spawnError) =>
      resolve({
        ok: false,
        exitCode: null,
        output,
        spawnError: spawnError as NodeJS.ErrnoException,
      }),
    );
    child.on('close', (exitCode) => resolve({ ok: exitCode === 0, exitCode, output }));
  });
}

/** Tests whether this user can enter the folder and, if requested, write to it. */
export async function canUseFolder(
  folder: string,
  runAs: RunAs,
  need: 'enter' | 'write',
): Promise<boolean> {
  if (!runAs.switched) return true;
  const script =
    need === 'enter' ? 'cd -- "$1"' : 'cd -- "$1" && : > .parley-probe && rm -- .parley-probe';
  return (await runProgram('/bin/sh', ['-c', script, 'sh', folder], { runAs })).ok;
}
