// The route table of the web app, apart from that of the API: these routes take the cookie of a session, are not in
// openapi.json, and may change with the app.

import type { AppRoute } from '../server/route.ts';
import { sessionRoutes } from './accounts/session-routes.ts';
import { signInRoutes } from './accounts/sign-in-routes.ts';

export const appRoutes: readonly AppRoute[] = [...signInRoutes, ...sessionRoutes];
