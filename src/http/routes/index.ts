// The route table: everything this server answers, in one list.

import type { Route } from '../route.ts';
import { channelEventRoutes } from './channel-events.ts';
import { contactRoutes } from './contacts.ts';
import { conversationRoutes } from './conversations.ts';
import { meRoutes } from './me.ts';
import { operationRoutes } from './operations.ts';
import { referenceRoutes } from './reference.ts';

const describedRoutes: readonly Route[] = [
  ...channelEventRoutes,
  ...conversationRoutes,
  ...contactRoutes,
  ...meRoutes,
  ...operationRoutes,
];

export const routes: readonly Route[] = [...describedRoutes, ...referenceRoutes(describedRoutes)];
