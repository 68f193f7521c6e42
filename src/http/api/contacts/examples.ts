// Examples of contacts for /docs and the OpenAPI document.

export const exampleContact = {
  type: 'contact',
  id: '6a11c0de000000000003e800',
  workspace_id: '1',
  external_id: 'user_001',
  role: 'user',
  email: 'jane.doe@example.com',
  name: 'Jane Doe',
  created_at: 1795000000,
  updated_at: 1795000000,
  custom_attributes: {},
};
