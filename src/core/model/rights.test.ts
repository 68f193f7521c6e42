import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingRight, type Role, roleFor, roles, type Scope, scopes } from './rights.ts';

test('rights: a request may do what both the token and the teammate allow', () => {
  const leastRole: Record<Scope, Role> = {
    events: 'viewer',
    read: 'viewer',
    write: 'teammate',
    manage: 'operator',
  };
  for (const scope of scopes) {
    for (const role of roles) {
      const isRoleEnough = roles.indexOf(role) >= roles.indexOf(leastRole[scope]);
      const has = missingRight({ scopes: [scope], role }, { scope });
      assert.equal(has, isRoleEnough ? null : 'role', `${scope} as ${role}`);
      const others = scopes.filter((one) => one !== scope);
      assert.equal(missingRight({ scopes: others, role }, { scope }), 'scope');
    }
  }
});

test('rights: a route may need another role than its scope', () => {
  assert.equal(roleFor({ scope: 'write', role: 'viewer' }), 'viewer');
  assert.equal(
    missingRight({ scopes: ['manage'], role: 'operator' }, { scope: 'manage', role: 'owner' }),
    'role',
  );
});
