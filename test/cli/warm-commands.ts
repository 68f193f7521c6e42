// Processes that stay up between commands, so that a test that runs twenty of them starts Node once. Each runs one
// command at a time.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CommandRequest, CommandResponse } from './command-runner.ts';

const script = fileURLToPath(new URL('./command-runner.ts', import.meta.url));
const idle: ChildProcess[] = [];

/** Runs a command in a process that is free, or in a new one. */
export async function runWarm(
  request: CommandRequest,
  timeoutMs: number,
): Promise<CommandResponse> {
  const child = idle.pop() ?? start();
  child.ref();
  child.channel!.ref();
  const response = await exchange(child, request, timeoutMs);
  child.unref();
  child.channel!.unref();
  idle.push(child);
  return response;
}

/** Starts a process. It ends when this one does, which closes their channel. */
const start = (): ChildProcess => fork(script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

const exchange = (child: ChildProcess, request: CommandRequest, timeoutMs: number) =>
  new Promise<CommandResponse>((resolve, reject) => {
    const fail = (reason: string) => {
      end();
      child.kill('SIGKILL');
      reject(new Error(`parley ${request.words.join(' ')}: ${reason}`));
    };
    const onExit = (code: number | null) => fail(`its process ended with ${code}`);
    const onMessage = (response: CommandResponse) => {
      end();
      resolve(response);
    };
    const timer = setTimeout(() => fail(`not done after ${timeoutMs} ms`), timeoutMs);
    const end = () => {
      clearTimeout(timer);
      child.off('exit', onExit).off('message', onMessage);
    };
    child.on('exit', onExit).on('message', onMessage);
    child.send(request);
  });
