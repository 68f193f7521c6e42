// The user that PostgreSQL runs as.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseRunAs } from './run-as.ts';

const postgres = { name: 'postgres', uid: 101, gid: 104 };
const nobody = { name: 'nobody', uid: 65534, gid: 65534 };
const isRoot = process.geteuid?.() === 0;

test('user: root switches to postgres, else to nobody, else fails with what to do', () => {
  if (!isRoot) {
    assert.equal(chooseRunAs([nobody, postgres]).switched, false);
    assert.equal(chooseRunAs([]).uid, process.geteuid?.());
    return;
  }
  assert.deepEqual(chooseRunAs([nobody, postgres]), { ...postgres, switched: true });
  assert.deepEqual(chooseRunAs([nobody]), { ...nobody, switched: true });
  assert.throws(() => chooseRunAs([{ name: 'postgres', uid: 0, gid: 0 }]), {
    code: 'no_unprivileged_user',
    message: /--user 1000.*PARLEY_DATABASE_URL/,
  });
});
