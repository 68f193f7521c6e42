// The parameter `id` of the paths that several resources share: a contact, a conversation, a company.

import { readId } from '../../contract/read-id.ts';
import type { AuthenticatedCall, RouteParameter } from './route.ts';

export const contactParameter: RouteParameter = {
  name: 'id',
  in: 'path',
  description: 'Parley’s id of the contact: `contact_id` in the response to a notify request.',
  example: '6a11c0de000000000003e800',
};

export const conversationParameter: RouteParameter = {
  name: 'id',
  in: 'path',
  description:
    'Parley’s id of the conversation: `conversation_id` in the response to a notify request.',
  example: '256257',
};

export const companyParameter: RouteParameter = {
  name: 'id',
  in: 'path',
  description: 'Parley’s id of the company.',
  example: '12',
};

/** Reads the id of the company in the path. */
export const companyIdOf = ({ request }: AuthenticatedCall): number =>
  readId((request.params as { id: string }).id);
