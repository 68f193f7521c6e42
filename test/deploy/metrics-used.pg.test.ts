// Alert rules and the dashboard use only metrics and labels that a running server exposes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { startTestParley } from '../support/server.ts';

const kit = fileURLToPath(new URL('../../deploy/', import.meta.url));

type Rules = { groups: { rules: { alert: string; expr: string; annotations: object }[] }[] };
type Dashboard = {
  panels: { id: number; title: string; gridPos: object; targets?: { expr: string }[] }[];
};

const rules = (parse(readFileSync(`${kit}prometheus/alerts.yaml`, 'utf8')) as Rules).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(readFileSync(`${kit}grafana/parley.json`, 'utf8')) as Dashboard;

/** Labels that Prometheus adds itself. */
const fromPrometheus = ['job', 'instance', 'le'];

/** Reads the metrics of a running server: their names with their labels. */
async function livingMetrics(): Promise<Map<string, Set<string>>> {
  const parley = await startTestParley();
  await parley.notify('new_conversation');
  const { body } = await parley.call('GET', '/metrics');
  const metrics = new Map<string, Set<string>>([['up', new Set()]]);
  for (const line of (body as string).split('\n')) {
    const [, type, kind] = /^# TYPE (\S+) (\w+)/.exec(line) ?? [];
    if (type !== undefined) {
      const endings = kind === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      for (const ending of endings) metrics.set(type + ending, new Set());
    }
    const [, name, labels] = /^([a-z_]+)(?:\{(.*)\})? /.exec(line) ?? [];
    for (const [, label] of labels?.matchAll(/([a-z_]+)="/g) ?? []) metrics.get(name!)?.add(label!);
  }
  return metrics;
}

/** Reads an expression: each metric with the labels in its braces. */
function asked(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/\b((?:parley|process|nodejs)_[a-z0-9_]+|up)\b(?:\{([^}]*)\})?/g)].map(
    ([, name, braces]) => ({
      name: name!,
      labels: [...(braces ?? '').matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!),
    }),
  );
}

test('metrics: exist if the alert rules or the dashboard use them', async () => {
  const metrics = await livingMetrics();
  const places = [
    ...rules.map(({ alert, expr }) => [alert, expr] as const),
    ...dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => [title, expr] as const),
    ),
  ];
  assert.ok(places.length > 35);
  const wrong = places.flatMap(([place, expr]) =>
    asked(expr).flatMap(({ name, labels }) => {
      const there = metrics.get(name);
      if (there === undefined) return [`${place}: no metric ${name}`];
      // A counter that has counted nothing yet shows no labels.
      return labels
        .filter((label) => there.size > 0 && !there.has(label) && !fromPrometheus.includes(label))
        .map((label) => `${place}: ${name} has no label ${label}`);
    }),
  );
  assert.deepEqual(wrong, []);
  for (const [place, expr] of places) assert.ok(asked(expr).length > 0, `${place}: ${expr}`);
});

test('metrics: are each on the dashboard, in a rule, or listed as neither', async () => {
  const metrics = await livingMetrics();
  const used = new Set(
    [
      ...rules.map(({ expr }) => expr),
      ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ]
      .flatMap(asked)
      .map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')),
  );
  const closer = [
    'parley_http_connections',
    'parley_http_connections_cut_total',
    'parley_idempotency_keys_total',
    'parley_group_signals',
    'parley_delivery_lanes',
    'parley_delivery_results_lost_total',
    'parley_erasures_unfinished',
    'parley_retention_removed_total',
    'parley_delivery_waiting_conversations',
    'parley_delivery_next_try_seconds',
    'parley_passing_events_total',
    'parley_timers_total',
    'parley_workflow_runs_cut_total',
  ];
  const ours = [...metrics.keys()]
    .filter((name) => name.startsWith('parley_'))
    .map((name) => name.replace(/_(bucket|sum|count)$/, ''));
  assert.deepEqual(
    [...new Set(ours)].filter((name) => !used.has(name) && !closer.includes(name)),
    [],
  );
});

test('rules: say what to do; panels do not overlap', () => {
  for (const { alert, annotations } of rules) {
    assert.deepEqual(Object.keys(annotations), ['summary', 'action'], alert);
  }
  const places = dashboard.panels.map(({ gridPos }) => JSON.stringify(gridPos));
  assert.equal(new Set(places).size, places.length);
  const ids = dashboard.panels.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});
