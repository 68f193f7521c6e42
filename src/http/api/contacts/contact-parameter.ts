// The parameter of all routes that name a contact.

import type { RouteParameter } from '../../server/route.ts';

export const contactParameter: RouteParameter = {
  name: 'id',
  in: 'path',
  description: 'Our id of the contact: `contact_id` in the response to a notify request.',
  example: '6a11c0de000000000003e800',
};
