// Examples of data attributes for /docs and the OpenAPI document.

export const exampleDataAttribute = {
  type: 'data_attribute',
  id: 37,
  model: 'contact',
  name: 'Plan',
  full_name: 'custom_attributes.Plan',
  label: 'Plan',
  description: 'What the customer pays for.',
  data_type: 'string',
  options: ['Free', 'Gold'],
  api_writable: true,
  messenger_writable: false,
  ui_writable: false,
  custom: true,
  archived: false,
  created_at: 1795000000,
  updated_at: 1795000000,
  admin_id: '1',
};
