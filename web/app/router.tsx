// The places of the app and their addresses, below /app.

import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { Inbox } from '../places/inbox/inbox.tsx';
import { Setup } from '../places/setup/setup.tsx';
import { SignIn } from '../places/sign-in/sign-in.tsx';
import { Crash } from './crash.tsx';
import { sessionQuery } from './session.ts';
import { Shell } from './shell.tsx';

type Context = { readonly client: QueryClient };

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Only places of this app: a link may not lead to another server. */
const ownPlace = (value: unknown): string | undefined => {
  const to = text(value);
  return to !== undefined && /^\/(?![/\\])/.test(to) ? to : undefined;
};

const rootRoute = createRootRouteWithContext<Context>()({
  component: Outlet,
  errorComponent: Crash,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { to?: string; ended?: true } => ({
    to: ownPlace(search['to']),
    ended: search['ended'] === true || undefined,
  }),
  component: SignIn,
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  validateSearch: (search: Record<string, unknown>): { code?: string } => ({
    // A code of digits only is parsed as a number.
    code: text(search['code'] === undefined ? undefined : String(search['code'])),
  }),
  component: Setup,
});

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  async beforeLoad({ context }) {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (session === null) throw redirect({ to: '/sign-in', search: {} });
    const workspace = String(session.workspace.id);
    throw redirect({ to: '/w/$workspace/inbox/$view', params: { workspace, view: 'mine' } });
  },
});

const workspaceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/w/$workspace',
  async beforeLoad({ context, location }) {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (session === null) throw redirect({ to: '/sign-in', search: { to: location.href } });
  },
  component: Shell,
});

const inboxRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/inbox/$view',
  validateSearch: (search: Record<string, unknown>): { sort?: 'newest' } => ({
    sort: search['sort'] === 'newest' ? 'newest' : undefined,
  }),
  component: Inbox,
});

/** The list stays while conversations change, so this is a child without a component of its own. */
const conversationRoute = createRoute({ getParentRoute: () => inboxRoute, path: '/$conversation' });

const routeTree = rootRoute.addChildren([
  homeRoute,
  signInRoute,
  setupRoute,
  workspaceRoute.addChildren([inboxRoute.addChildren([conversationRoute])]),
]);

export const createAppRouter = (client: QueryClient) =>
  createRouter({
    routeTree,
    basepath: '/app',
    context: { client },
    defaultPreload: false,
    defaultNotFoundComponent: Crash,
    trailingSlash: 'never',
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
