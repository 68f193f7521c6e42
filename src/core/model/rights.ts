// Who may do what: the scopes of tokens and the roles of teammates. A request may do what both allow.

/** What a token may be used for. */
export const scopes = ['events', 'read', 'write', 'manage'] as const;
export type Scope = (typeof scopes)[number];

/** The scopes of a token of a channel, and of one of a teammate, unless others are asked for. */
export const usualScopes = {
  channel: ['events', 'read', 'write'],
  admin: ['read', 'write'],
} as const satisfies Record<string, readonly Scope[]>;

/** The roles of teammates: each may do what those before it may. */
export const roles = ['viewer', 'teammate', 'operator', 'owner'] as const;
export type Role = (typeof roles)[number];

/** The rights of a request: those of its token, and the role of the teammate that the token acts for. */
export type Rights = { readonly scopes: readonly Scope[]; readonly role: Role };

/** What a route needs; without a role, the usual one of its scope. */
export type NeededRights = { readonly scope: Scope; readonly role?: Role };

/** The least role for each scope. An app reports its events whatever the role of a teammate. */
const usualRole: Readonly<Record<Scope, Role>> = {
  events: 'viewer',
  read: 'viewer',
  write: 'teammate',
  manage: 'operator',
};

/** Returns the least role for a route. */
export const roleFor = ({ scope, role }: NeededRights): Role => role ?? usualRole[scope];

/** Whether a teammate with a role may do what another with `needed` may. */
export const isAtLeast = (role: Role, needed: Role): boolean =>
  roles.indexOf(role) >= roles.indexOf(needed);

/** Finds what is missing for a route: the scope, the role, or nothing. */
export function missingRight(rights: Rights, needed: NeededRights): 'scope' | 'role' | null {
  if (!rights.scopes.includes(needed.scope)) return 'scope';
  return isAtLeast(rights.role, roleFor(needed)) ? null : 'role';
}
