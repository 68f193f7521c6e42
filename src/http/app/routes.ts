// The route table of the web app, apart from that of the API: these routes take the cookie of a session, are not in
// openapi.json, and may change with the app.

import type { AppRoute } from '../server/route.ts';
import { sessionRoutes } from './accounts/session-routes.ts';
import { signInRoutes } from './accounts/sign-in-routes.ts';
import { inboxActionRoutes } from './conversations/action-routes.ts';
import { inboxListRoutes } from './conversations/list-routes.ts';
import { messageRoutes } from './conversations/message-routes.ts';
import { threadRoutes } from './conversations/thread-routes.ts';
import { streamRoutes } from './stream/routes.ts';
import { viewRoutes } from './views/routes.ts';

export const appRoutes: readonly AppRoute[] = [
  ...signInRoutes,
  ...sessionRoutes,
  ...viewRoutes,
  ...inboxListRoutes,
  ...threadRoutes,
  ...messageRoutes,
  ...inboxActionRoutes,
  ...streamRoutes,
];
