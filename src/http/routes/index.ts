// The route table: everything this server answers, in one list.

import type { Route } from '../route.ts';
import { adminRoutes } from './admins.ts';
import { channelEventRoutes } from './channel-events.ts';
import { contactRoutes } from './contacts.ts';
import { conversationActionRoutes } from './conversation-actions.ts';
import { conversationStateRoutes } from './conversation-state.ts';
import { conversationRoutes } from './conversations.ts';
import { eventRoutes } from './events.ts';
import { meRoutes } from './me.ts';
import { operationRoutes } from './operations.ts';
import { referenceRoutes } from './reference.ts';
import { teamRoutes } from './teams.ts';

const describedRoutes: readonly Route[] = [
  ...channelEventRoutes,
  ...conversationRoutes,
  ...conversationActionRoutes,
  ...conversationStateRoutes,
  ...contactRoutes,
  ...eventRoutes,
  ...meRoutes,
  ...adminRoutes,
  ...teamRoutes,
  ...operationRoutes,
];

export const routes: readonly Route[] = [...describedRoutes, ...referenceRoutes(describedRoutes)];
