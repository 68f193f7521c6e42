// The release guard: each way in which tag, version and changelog can disagree.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseFaults } from '../../scripts/release-faults.ts';

const changelog =
  '# Changelog\n\n## Pending\n\n## 0.2.0 – 2026-12-01\n\n- New.\n\n## 0.1.0 – 2026-11-27\n\n- Old.\n';
const faultsOf = (change: Partial<Parameters<typeof releaseFaults>[0]>) =>
  releaseFaults({ tag: 'v0.2.0', version: '0.2.0', changelog, ...change });

test('release guard: passes when tag, version and changelog agree', () => {
  assert.deepEqual(faultsOf({}), []);
  assert.deepEqual(faultsOf({ changelog: changelog.replace('## Pending\n\n', '') }), []);
});

test('release guard: rejects a tag of another version', () => {
  assert.match(faultsOf({ tag: 'v0.2.1' }).join(), /tag is v0\.2\.1/);
  assert.match(faultsOf({ tag: '' }).join(), /tag is/);
});

test('release guard: rejects entries that are still pending', () => {
  const text = changelog.replace('## Pending\n', '## Pending\n\n- Not yet told.\n');
  assert.match(faultsOf({ changelog: text }).join(), /Pending/);
});

test('release guard: rejects a version without a dated section on top', () => {
  assert.match(faultsOf({ tag: 'v0.3.0', version: '0.3.0' }).join(), /no section "## 0\.3\.0/);
  const undated = changelog.replace(' – 2026-12-01', '');
  assert.match(faultsOf({ changelog: undated }).join(), /no section/);
  assert.match(faultsOf({ changelog: '' }).join(), /no section/);
});

test('release guard: rejects an empty section', () => {
  assert.match(faultsOf({ changelog: changelog.replace('- New.\n', '') }).join(), /says nothing/);
});
