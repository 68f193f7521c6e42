// The route table: all routes of this server in one list.

import { activityRoutes } from './api/admins/activity-routes.ts';
import { meRoutes } from './api/admins/me-routes.ts';
import { adminRoutes } from './api/admins/routes.ts';
import { auditRoutes } from './api/audit/routes.ts';
import { channelEventRoutes } from './api/channel-events/routes.ts';
import { callbackRoutes } from './api/channels/callback-routes.ts';
import { channelRoutes } from './api/channels/routes.ts';
import { contactCompanyRoutes } from './api/companies/contact-routes.ts';
import { companyListRoutes } from './api/companies/list-routes.ts';
import { companyRoutes } from './api/companies/routes.ts';
import { companyWriteRoutes } from './api/companies/write-routes.ts';
import { companyContactRoutes } from './api/contacts/company-routes.ts';
import { contactListRoutes } from './api/contacts/list-routes.ts';
import { contactRoutes } from './api/contacts/routes.ts';
import { contactStateRoutes } from './api/contacts/state-routes.ts';
import { contactWriteRoutes } from './api/contacts/write-routes.ts';
import { conversationActionRoutes } from './api/conversations/action-routes.ts';
import { conversationListRoutes } from './api/conversations/list-routes.ts';
import { participantRoutes } from './api/conversations/participant-routes.ts';
import { conversationRoutes } from './api/conversations/routes.ts';
import { conversationStateRoutes } from './api/conversations/state-routes.ts';
import { conversationUpdateRoutes } from './api/conversations/update-routes.ts';
import { dataAttributeRoutes } from './api/data-attributes/routes.ts';
import { deliveryActionRoutes } from './api/deliveries/action-routes.ts';
import { deliveryRoutes } from './api/deliveries/routes.ts';
import { fileRoutes, uploadRoutes } from './api/files/routes.ts';
import { messageRoutes } from './api/messages/routes.ts';
import { noteRoutes } from './api/notes/routes.ts';
import { personalDataRoutes } from './api/personal-data/routes.ts';
import { segmentRoutes } from './api/segments/routes.ts';
import { subscriptionRoutes } from './api/subscriptions/routes.ts';
import { contactTagRoutes } from './api/tags/contact-routes.ts';
import { conversationTagRoutes } from './api/tags/conversation-routes.ts';
import { tagRoutes } from './api/tags/routes.ts';
import { teamRoutes } from './api/teams/routes.ts';
import { tokenRoutes } from './api/tokens/routes.ts';
import { workflowRoutes } from './api/workflows/routes.ts';
import { workspaceRoutes } from './api/workspaces/routes.ts';
import { eventRoutes } from './events/routes.ts';
import { operationRoutes } from './operations/routes.ts';
import { referenceRoutes } from './reference/routes.ts';
import type { Route } from './server/route.ts';

const describedRoutes: readonly Route[] = [
  ...channelEventRoutes,
  ...conversationListRoutes,
  ...conversationRoutes,
  ...messageRoutes,
  ...conversationActionRoutes,
  ...conversationUpdateRoutes,
  ...participantRoutes,
  ...conversationStateRoutes,
  ...conversationTagRoutes,
  ...contactListRoutes,
  ...contactRoutes,
  ...contactWriteRoutes,
  ...contactStateRoutes,
  ...contactTagRoutes,
  ...contactCompanyRoutes,
  ...noteRoutes,
  ...tagRoutes,
  ...eventRoutes,
  ...meRoutes,
  ...adminRoutes,
  ...activityRoutes,
  ...teamRoutes,
  ...dataAttributeRoutes,
  ...companyWriteRoutes,
  ...companyRoutes,
  ...companyListRoutes,
  ...companyContactRoutes,
  ...segmentRoutes,
  ...subscriptionRoutes,
  ...uploadRoutes,
  ...fileRoutes,
  ...workspaceRoutes,
  ...channelRoutes,
  ...callbackRoutes,
  ...tokenRoutes,
  ...personalDataRoutes,
  ...workflowRoutes,
  ...deliveryRoutes,
  ...deliveryActionRoutes,
  ...auditRoutes,
  ...operationRoutes,
];

export const routes: readonly Route[] = [...describedRoutes, ...referenceRoutes(describedRoutes)];
