// Examples of companies for /docs and the OpenAPI document.

export const exampleCompany = {
  type: 'company',
  id: '12',
  company_id: 'acme',
  name: 'Acme',
  app_id: '1',
  plan: { type: 'plan', id: 'Gold', name: 'Gold' },
  remote_created_at: null,
  created_at: 1795000000,
  updated_at: 1795000000,
  last_request_at: null,
  size: 40,
  website: 'https://acme.example',
  industry: 'Anvils',
  monthly_spend: 120,
  session_count: 0,
  user_count: 0,
  custom_attributes: {},
  tags: { type: 'tag.list', tags: [] },
  segments: { type: 'segment.list', segments: [] },
};
