import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const module = fileURLToPath(new URL('./fault-points.ts', import.meta.url));

function run(armed: string, passes: number) {
  const script = `
    const { passFaultPoint } = await import(${JSON.stringify(module)});
    for (let i = 1; i <= ${passes}; i += 1) { passFaultPoint('before_load'); passFaultPoint('after_load'); }
    console.log('survived');`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, PARLEY_FAULT_POINT: armed },
  });
}

test('fault point: kills the process at the third pass and not before', () => {
  assert.equal(run('after_load:3', 2).stdout.trim(), 'survived');
  assert.equal(run('after_load:3', 3).signal, 'SIGKILL');
});

test('fault point: an unknown name fails the start and is named', () => {
  const result = run('no_such_place', 1);
  assert.notEqual(result.status, 0);
  assert.match(result.stderr, /unknown fault point "no_such_place"/);
});
