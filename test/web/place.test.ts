// Addresses of the web app: each place has one, and none leads to another server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Place, pathOf, readPlace } from '../../web/app/place.ts';

const read = (path: string): Place => readPlace(new URL(path, 'http://localhost:3000'));

const places: readonly Place[] = [
  { name: 'home' },
  { name: 'sign-in', to: null, hasEnded: false },
  { name: 'sign-in', to: '/app/w/1/inbox/mine?sort=newest', hasEnded: true },
  { name: 'link', kind: 'setup', code: 'a+b/c=&d' },
  { name: 'link', kind: 'invite', code: 'a/b' },
  { name: 'link', kind: 'reset', code: 'x' },
  { name: 'inbox', workspace: '1', view: 'team-7', conversation: null, sort: 'waiting' },
  { name: 'inbox', workspace: '1', view: 'ä b', conversation: '25', sort: 'newest' },
];

test('place: is the same after writing and reading its address', () => {
  for (const place of places) assert.deepEqual(read(pathOf(place)), place);
});

test('place: sends nobody to another server after signing in', () => {
  for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', '/docs', 'app']) {
    const place = read(`/app/sign-in?to=${encodeURIComponent(to)}`);
    assert.deepEqual(place, { name: 'sign-in', to: null, hasEnded: false }, to);
  }
});

test('place: an unknown or damaged address is nowhere', () => {
  for (const path of [
    '/app/w',
    '/app/w/1',
    '/app/w/1/outbox/mine',
    '/app/x',
    '/app/%',
    '/app/w/%',
  ]) {
    assert.deepEqual(read(path), { name: 'nowhere' }, path);
  }
});
