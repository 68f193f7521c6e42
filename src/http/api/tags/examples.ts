// Examples of tags for /docs and the OpenAPI document.

export const exampleTag = { type: 'tag', id: '7', name: 'VIP' };

export const exampleAppliedTag = {
  ...exampleTag,
  applied_at: 1795000000,
  applied_by: { type: 'admin', id: '1' },
};
