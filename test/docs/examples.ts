// Finds the runnable examples of a document, and runs them in a shell or with Node, as a reader would.
//
//   <!-- run -->               the block after it must succeed
//   <!-- run: data_invalid --> it must fail with this code
//   <!-- answer -->            the JSON after it must have the shape of what the last one printed

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll } from '../support/after-all.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export type Example = {
  /** Where the example begins: `docs/api.md:24`. */
  readonly place: string;
  readonly kind: 'run' | 'answer';
  readonly language: string;
  readonly code: string;
  /** The expected error code. */
  readonly errorCode: string | undefined;
};

/** Finds the marked examples of a document, in order. */
export function findExamples(file: string): readonly Example[] {
  const text = readFileSync(join(root, file), 'utf8');
  const marked = /<!-- (run|answer)(?:: (\w+))? -->\n+```(\w+)\n([\s\S]*?)\n```/g;
  const found = [...text.matchAll(marked)].map(([, kind, errorCode, language, code], index) => {
    const at = [...text.matchAll(marked)][index]!.index;
    const place = `${file}:${text.slice(0, at).split('\n').length}`;
    return { place, kind: kind as Example['kind'], errorCode, language: language!, code: code! };
  });
  const marks = text.match(/<!-- (run|answer)\b/g)?.length ?? 0;
  if (marks !== found.length) throw new Error(`${file}: a mark has no block of code after it`);
  return found;
}

/** The address that replaces the one in the example. */
export type Target = { readonly url: string; readonly token: string };

/** Runs an example. @returns its output. @throws if it fails. */
export async function runExample(example: Example, { url, token }: Target): Promise<string> {
  const code = example.code.replaceAll('http://127.0.0.1:3000', url);
  const env = {
    ...process.env,
    PARLEY_TOKEN: token,
    PATH: `${folderOfCurl()}${delimiter}${process.env.PATH}`,
  };
  const [program, words] = commandOf(example.language, code);
  const { stdout } = await promisify(execFile)(program, words, { cwd: root, env, timeout: 20_000 });
  return stdout;
}

function commandOf(language: string, code: string): [string, string[]] {
  if (language === 'sh') return ['sh', ['-eu', '-c', code]];
  if (language === 'ts') {
    return [process.execPath, ['--input-type=module-typescript', '--eval', code]];
  }
  throw new Error(`an example in ${language} cannot be run`);
}

let curlFolder: string | undefined;

/** A folder for PATH with a stand-in for curl, if there is no curl; otherwise the folder of Node. */
export function folderOfCurl(): string {
  if (curlFolder !== undefined) return curlFolder;
  const isThere = spawnSync('curl', ['--version']).error === undefined;
  curlFolder = isThere ? join(root, 'node_modules', '.bin') : makeCurl();
  return curlFolder;
}

function makeCurl(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-curl-'));
  afterAll(async () => rmSync(folder, { recursive: true }));
  const program = join(root, 'test', 'docs', 'curl-stand-in.ts');
  const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  writeFileSync(join(folder, 'curl'), script, { mode: 0o755 });
  return folder;
}
