// Examples of channel events for /docs and the OpenAPI document.

/** Builds an event. The examples have different event ids, so they can be sent one after the other. */
export const exampleEvent = (eventId: string, fields: object = {}) => ({
  event_id: eventId,
  external_conversation_id: 'conv_67890',
  contact: {
    type: 'user',
    external_id: 'user_001',
    name: 'Jane Doe',
    email: 'jane.doe@example.com',
  },
  ...fields,
});

export const exampleIds = {
  external_conversation_id: 'conv_67890',
  conversation_id: '256257',
  external_contact_id: 'user_001',
  contact_id: '6a11c0de000000000003e800',
};
