// How findings are shown: up to a limit, warnings apart from faults, one line each.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  explainFindings,
  FINDINGS_SHOWN_MAX,
  findingsReport,
  type SetupFinding,
  showFinding,
  showPath,
} from './finding.ts';

const findingOf = (line: number, more: Partial<SetupFinding> = {}): SetupFinding => ({
  file: 'a.yaml',
  line,
  step: null,
  place: 'tags',
  reason: `is wrong ${line}`,
  remedy: 'mend it',
  ...more,
});
const many = (count: number, more: Partial<SetupFinding> = {}) =>
  Array.from({ length: count }, (_, index) => findingOf(index + 1, more));

test('findings: faults come first, warnings apart', () => {
  const findings = [findingOf(1, { isWarning: true }), findingOf(2), findingOf(3)];
  assert.equal(
    explainFindings(findings, 'nothing was changed'),
    `2 errors in the files; nothing was changed:
  a.yaml:2: tags is wrong 2: mend it
  a.yaml:3: tags is wrong 3: mend it
and 1 warning:
  a.yaml:1: tags is wrong 1: mend it`,
  );
  const json = findingsReport(findings);
  assert.partialDeepStrictEqual(json, {
    findings: [{ line: 2 }, { line: 3 }],
    more_findings: 0,
    warnings: [{ line: 1, text: 'a.yaml:1: tags is wrong 1: mend it' }],
    more_warnings: 0,
  });
});

test('findings: shows the first hundred and how many more', () => {
  const findings = [...many(100_000), ...many(FINDINGS_SHOWN_MAX + 1, { isWarning: true })];
  const lines = explainFindings(findings, 'nothing was changed').split('\n');
  assert.equal(lines.length, 2 * (FINDINGS_SHOWN_MAX + 2));
  assert.match(lines[0]!, /^100000 errors/);
  assert.equal(lines[FINDINGS_SHOWN_MAX + 1], '  and 99900 more');
  assert.equal(lines.at(-1), '  and 1 more');
  const json = findingsReport(findings) as Record<string, unknown[]>;
  assert.equal(json['findings']!.length, FINDINGS_SHOWN_MAX);
  assert.deepEqual([json['more_findings'], json['more_warnings']], [99_900, 1]);
});

test('finding: is one short line whatever the file contains', () => {
  const reason = `is not a kind of step: "x\nb.yaml:1: all is well"${'y'.repeat(5_000)}`;
  const line = showFinding(findingOf(1, { reason, place: showPath(['k'.repeat(100_000)]) }));
  assert.ok(line.length < 2_000, String(line.length));
  assert.match(line, /"x\\nb.yaml:1: all is well"/);
  assert.ok(!line.includes('\n'));
  const shown = showFinding(findingOf(1, { reason: 'is "\u001b[2J\u202eabc" a second time' }));
  assert.match(shown, /"\\u001b\[2J\\u202eabc"/);
});
