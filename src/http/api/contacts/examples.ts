// Examples of contacts for /docs and the OpenAPI document.

const id = '6a11c0de000000000003e800';

const noItems = (name: string) => ({
  type: 'list',
  data: [],
  url: `/contacts/${id}/${name}`,
  total_count: 0,
  has_more: false,
});

export const exampleContact = {
  type: 'contact',
  id,
  workspace_id: '1',
  external_id: 'user_001',
  role: 'user',
  email: 'jane.doe@example.com',
  name: 'Jane Doe',
  avatar: null,
  owner_id: null,
  unsubscribed_from_emails: false,
  created_at: 1795000000,
  updated_at: 1795000000,
  custom_attributes: {},
  tags: noItems('tags'),
  notes: noItems('notes'),
  companies: noItems('companies'),
};
