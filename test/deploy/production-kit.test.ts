// The files of deploy/ and compose.yaml: the settings and paths that they name exist, and their programs accept them
// where these are installed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { settings } from '../../src/config.ts';
import { routes } from '../../src/http/routes.ts';
import { temporaryFolder } from '../cli/run-parley.ts';
import { render, renderChart } from './render-chart.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const kit = join(root, 'deploy');
const text = (path: string) => readFileSync(join(kit, path), 'utf8');
const inner = ['/metrics', '/healthz', '/readyz'];
const known = new Set(settings.map(({ name }) => name));

/** Runs a program if it is installed. @returns whether it is. */
function check(t: { diagnostic(message: string): void }, program: string, ...words: string[]) {
  const ran = spawnSync(program, words, { encoding: 'utf8' });
  if (ran.error !== undefined) {
    t.diagnostic(`${program} is not installed here: only parsed`);
    return;
  }
  assert.equal(ran.status, 0, `${program} ${words.join(' ')}\n${ran.stdout}${ran.stderr}`);
  t.diagnostic(`${program} accepts it`);
}

test('kit: names only settings that exist', () => {
  const files = readdirSync(kit, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const named = [...files, join(root, 'compose.yaml'), join(root, 'Dockerfile')].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bPARLEY_[A-Z_]+\b/g)].map(([name]) => ({
      file,
      name,
    })),
  );
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter(({ name }) => !known.has(name)),
    [],
  );
});

test('compose: has all that an external PostgreSQL needs; its first lines make that', () => {
  const compose = readFileSync(join(root, 'compose.yaml'), 'utf8');
  const { services } = parse(compose) as {
    services: { parley: { environment: Record<string, string> } };
  };
  const { environment } = services.parley;
  assert.ok('PARLEY_DATABASE_URL' in environment && 'PARLEY_SECRET_KEY' in environment);
  const needed = [...compose.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name!);
  const command = /^# {3}(for .*)$/m.exec(compose)![1]!.replace('> .env', '');
  const ran = spawnSync('sh', ['-c', command.replaceAll('openssl rand -hex 32', 'echo made')], {
    encoding: 'utf8',
  });
  const made = ran.stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]!);
  assert.deepEqual(new Set(made), new Set(needed));
});

test('systemd: units, backups and settings are valid', (t) => {
  const unit = text('systemd/parley.service');
  for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'StateDirectoryMode=0700']) {
    assert.ok(unit.includes(`\n${line}\n`), line);
  }
  const folder = temporaryFolder('units');
  const names = ['parley.service', 'parley-backup.service', 'parley-backup.timer'];
  const copies = names.map((name) => {
    const copy = join(folder, name);
    // systemd checks that programs exist: these exist everywhere.
    writeFileSync(copy, text(`systemd/${name}`).replaceAll('/usr/bin/node', process.execPath));
    return copy;
  });
  check(t, 'systemd-analyze', 'verify', ...copies);
});

test('caddy: inner paths stay inside', (t) => {
  const file = text('caddy/Caddyfile');
  for (const path of inner) assert.ok(file.includes(` ${path} ${path}/`), path);
  check(t, 'caddy', 'validate', '--adapter', 'caddyfile', '--config', join(kit, 'caddy/Caddyfile'));
});

test('prometheus: accepts the rules and the configuration', (t) => {
  parse(text('prometheus/scrape.yaml'));
  check(t, 'promtool', 'check', 'config', join(kit, 'prometheus/scrape.yaml'));
});

const needed = { image: { repository: 'registry.example/parley' }, secret: { name: 'parley' } };
const chart = join(kit, 'helm/parley');

test('helm: renders complete manifests in every combination', () => {
  for (const [isAll, count] of [
    [false, 3],
    [true, 5],
  ] as const) {
    const more = { ingress: { enabled: isAll }, serviceMonitor: { enabled: isAll } };
    const config = { configMap: isAll ? 'setup' : '' };
    const files = { claim: isAll ? 'files' : '' };
    const manifests = renderChart(chart, { ...needed, ...more, config, files });
    assert.equal(manifests.length, count, JSON.stringify(manifests.map(({ kind }) => kind)));
    for (const { apiVersion, kind, metadata } of manifests) {
      assert.ok(apiVersion && kind, JSON.stringify(metadata));
      assert.equal((metadata as { name: string }).name, 'chat');
    }
    const deployment = manifests.find(({ kind }) => kind === 'Deployment') as {
      spec: { template: { spec: { containers: { image: string; env: { name: string }[] }[] } } };
    };
    const [container] = deployment.spec.template.spec.containers;
    assert.match(container!.image, /^registry\.example\/parley:\d/);
    const names = container!.env.map(({ name }) => name);
    assert.equal(names.includes('PARLEY_CONFIG'), isAll);
    assert.deepEqual(
      names.filter((name) => !known.has(name)),
      [],
    );
  }
});

test('helm: says what is missing without an image or a secret', () => {
  assert.throws(
    () => renderChart(chart, { secret: needed.secret }),
    /image\.repository is missing/,
  );
  assert.throws(() => renderChart(chart, { image: needed.image }), /secret\.name is missing/);
});

test('helm: ingress has every public route and no inner one', () => {
  const manifests = renderChart(chart, { ...needed, ingress: { enabled: true } });
  const ingress = manifests.find(({ kind }) => kind === 'Ingress') as {
    spec: { rules: { http: { paths: { path: string }[] } }[] };
  };
  const prefixes = ingress.spec.rules[0]!.http.paths.map(({ path }) => path);
  const isPassed = (path: string) =>
    prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  // The web app is no interface for programs, so it is not among the routes.
  const paths = [...routes.map(({ path }) => path), '/app'];
  assert.deepEqual(
    paths.filter((path) => !inner.includes(path) && !isPassed(path)),
    [],
  );
  assert.deepEqual(inner.filter(isPassed), []);
  assert.deepEqual(
    prefixes.filter(
      (prefix) => !paths.some((path) => path === prefix || path.startsWith(`${prefix}/`)),
    ),
    [],
  );
});

test('helm: stand-in renderer fails on unknown syntax', () => {
  assert.equal(render('a: {{ .B | quote }}', { B: 'c"d' }), 'a: "c\\"d"');
  for (const odd of [
    '{{ .Nothing }}',
    '{{ .B | indent }}',
    '{{- if .B }}',
    '{{- with .B }}x{{- end }}',
  ]) {
    assert.throws(() => render(odd, { B: 'c' }), Error, odd);
  }
});
