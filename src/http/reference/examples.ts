// The examples of an operation, for curl and for the official SDK. Both can be pasted as they are.

import type { Operation, Parameter } from '../openapi/types.ts';
import { usualOrigin } from './origin.ts';

export type Call = {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
};

/** SDK methods, by operation id. */
export const sdkMethods: Readonly<Record<string, string>> = {
  notifyNewConversation: 'customChannelEvents.notifyNewConversation',
  notifyNewMessage: 'customChannelEvents.notifyNewMessage',
  notifyQuickReplySelected: 'customChannelEvents.notifyQuickReplySelected',
  notifyAttributeCollected: 'customChannelEvents.notifyAttributeCollected',
  showConversation: 'conversations.find',
  showContact: 'contacts.find',
  identifyAdmin: 'admins.identify',
};

/** The SDK's names of path parameters. */
const sdkPathParameters: Readonly<Record<string, string>> = {
  showConversation: 'conversation_id',
  showContact: 'contact_id',
};

/** Returns the example body of an operation. */
export const exampleBody = ({ operation }: Call): unknown =>
  operation.requestBody?.content['application/json']?.example;

export function curlExample(call: Call): string {
  const lines = [`curl -sS ${usualOrigin}${examplePath(call)}`];
  if (call.operation.security.length > 0) {
    lines.push('-H "Authorization: Bearer $PARLEY_TOKEN"');
  }
  const body = exampleBody(call);
  if (body !== undefined) {
    lines.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(body, null, 2)}'`);
  }
  return lines.join(' \\\n  ');
}

/** Builds the SDK example; null if the SDK has no such method. */
export function sdkExample(call: Call): string | null {
  const { operationId } = call.operation;
  const method = sdkMethods[operationId];
  if (method === undefined) return null;
  return `const response = await client.${method}(${sdkArgument(call)});`;
}

function sdkArgument(call: Call): string {
  const body = exampleBody(call);
  if (body !== undefined) return asLiteral(body, '');
  const name = sdkPathParameters[call.operation.operationId];
  const example = pathParameter(call)?.example;
  return name === undefined ? '' : asLiteral({ [name]: example }, '');
}

export const sdkSetup = `import { IntercomClient } from 'intercom-client';

const client = new IntercomClient({
  token: process.env.PARLEY_TOKEN,
  baseUrl: '${usualOrigin}',
});`;

const pathParameter = ({ operation }: Call): Parameter | undefined =>
  operation.parameters?.find(
    (parameter): parameter is Parameter => 'in' in parameter && parameter.in === 'path',
  );

function examplePath(call: Call): string {
  let { path } = call;
  for (const parameter of call.operation.parameters ?? []) {
    if (!('in' in parameter) || parameter.in !== 'path') continue;
    path = path.replace(`{${parameter.name}}`, String(parameter.example));
  }
  return path;
}

/** Formats a value as TypeScript. */
function asLiteral(value: unknown, indent: string): string {
  if (typeof value === 'string') return `'${value.replaceAll(/[\\']/g, '\\$&')}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  const inner = `${indent}  `;
  const lines = Object.entries(value).map(
    ([name, item]) => `${inner}${name}: ${asLiteral(item, inner)},`,
  );
  return `{\n${lines.join('\n')}\n${indent}}`;
}
