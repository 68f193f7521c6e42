// Calls operations over HTTP on a server elsewhere. Every error says which server was asked, and none has the token. A
// redirect is never followed: it could lead the token to another host.

import { firstCharacters } from '../../base/characters.ts';
import { errorCatalogue } from '../../contract/errors.ts';
import type { Operation } from '../../management/operation.ts';
import { listWorkspaces } from '../../management/workspaces.ts';
import { type CommandCall, CommandFailed } from './command.ts';
import { withAdvice } from './error-advice.ts';
import { explainHttpFailure } from './http-failure.ts';
import type { ManagementClient, OperationRequest } from './management-client.ts';
import { textOption } from './read-options.ts';
import type { ServerAddress } from './server-address.ts';

const TIMEOUT_MS = 60_000;

type ErrorItem = { readonly code?: unknown; readonly message?: unknown };

export class HttpClient implements ManagementClient {
  readonly #address: ServerAddress;
  readonly #wantedWorkspace: string | undefined;
  #workspaceName: string | null = null;

  constructor(address: ServerAddress, call: CommandCall) {
    this.#address = address;
    this.#wantedWorkspace = textOption(call, 'workspace');
  }

  async workspaceName(): Promise<string> {
    if (this.#workspaceName === null) {
      const { data } = await this.#send(listWorkspaces, {});
      this.#workspaceName = data[0]?.name ?? '';
    }
    return this.#workspaceName;
  }

  async call<Body, Output extends object>(
    operation: Operation<Body, Output>,
    request: OperationRequest<Body>,
  ): Promise<Output> {
    await this.#checkWorkspace();
    return this.#send(operation, request);
  }

  async callInEach<Body, Output extends object>(
    operation: Operation<Body, Output>,
    request: OperationRequest<Body>,
  ): Promise<readonly Output[]> {
    return [await this.#send(operation, request)];
  }

  callWhereFound<Body, Output extends object>(
    operation: Operation<Body, Output>,
    request: OperationRequest<Body>,
  ): Promise<Output> {
    return this.#send(operation, request);
  }

  /** A token works in its own workspace only. */
  async #checkWorkspace(): Promise<void> {
    const wanted = this.#wantedWorkspace;
    if (wanted === undefined || wanted === (await this.workspaceName())) return;
    throw new CommandFailed(
      `the token of PARLEY_TOKEN belongs to workspace "${this.#workspaceName}" of ${this.#address.url}, not to ` +
        `"${wanted}": use a token of that workspace.`,
    );
  }

  async #send<Body, Output extends object>(
    { method, path }: Operation<Body, Output>,
    { params = {}, query = {}, body }: OperationRequest<Body>,
  ): Promise<Output> {
    const { url, token } = this.#address;
    const filled = path.replaceAll(/:(\w+)/g, (_, name) => encodeURIComponent(params[name] ?? ''));
    const address = new URL(`${url}${filled}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) address.searchParams.set(name, String(value));
    }
    let response: Response;
    let text: string;
    try {
      response = await fetch(address, {
        method,
        redirect: 'manual',
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await response.text();
    } catch (error) {
      const doubt =
        method === 'GET' ? '' : ' The change may have been made: look before you repeat it.';
      throw new CommandFailed(`${url}: ${explainHttpFailure(error, TIMEOUT_MS)}${doubt}`);
    }
    const json = readJson(text);
    if (response.status === 200 && json !== null) return json as Output;
    throw this.#errorOf(response, text, json, `${method} ${filled}`);
  }

  #errorOf(response: Response, text: string, json: object | null, request: string): CommandFailed {
    const { url, source } = this.#address;
    const { status } = response;
    if (status >= 300 && status < 400) {
      const target = response.headers.get('location') ?? 'nowhere';
      return new CommandFailed(
        `${url} redirects to ${target}. The token is never sent on: name the final address in ${source}.`,
      );
    }
    const errors = (json as { errors?: unknown } | null)?.errors;
    if (!Array.isArray(errors) || errors.length === 0) {
      const said = firstCharacters(text.replaceAll(/\s+/g, ' ').trim(), 200);
      const shown = said === '' ? '' : ` (${said})`;
      return new CommandFailed(
        `${url} responded to ${request} with ${status}${shown}: it does not seem to be a Parley. Check ${source}.`,
      );
    }
    const items = errors as readonly ErrorItem[];
    const message = items
      .map((item) => withAdvice(String(item.message), String(item.code)))
      .join('; ');
    return new CommandFailed(
      `${url}: ${message}${adviceFor(status, String(items[0]!.message), request, source)}`,
    );
  }
}

function readJson(text: string): object | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' ? json : null;
  } catch {
    return null;
  }
}

function adviceFor(status: number, message: string, request: string, source: string): string {
  if (status === 401) {
    return `. PARLEY_TOKEN must be a token of the server that ${source} names.`;
  }
  if (status === 403) {
    const how = 'parley token create --admin <address> --scope manage';
    return `. Create a token for the command line on the machine of the server: ${how}`;
  }
  if (status === 404 && message === errorCatalogue.routeNotFound.message) {
    return `. The server does not know ${request}: it is older than this command line, or ${source} has a wrong path.`;
  }
  return '';
}
