// Errors of routes while the database or the store of files is unavailable. The catalogue's message promises that an
// event_id makes retrying safe; routes without one have messages of their own.

import { fail, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { classifyFailure } from '../../database/failure.ts';
import { FileStoreUnavailable } from '../../files/file-store.ts';
import type { AuthenticatedCall } from './route.ts';

/** Message for changes that are idempotent. */
export const REPEATABLE = 'Service temporarily unavailable: repeat the request, which is safe';

/**
 * Runs work that needs the database or the files.
 * @param message of the 503 while one of them is unavailable.
 */
export async function orUnavailable<Value>(
  { request, dependencies }: AuthenticatedCall,
  message: string,
  work: () => Promise<Result<Value, ContractError>>,
): Promise<Result<Value, ContractError>> {
  try {
    const result = await work();
    // The engine's 503 has the catalogue's message.
    const isAway = !result.ok && result.error.status === 503;
    return isAway ? fail(apiError('serviceUnavailable', null, message)) : result;
  } catch (error) {
    const areFilesAway = error instanceof FileStoreUnavailable;
    if (!areFilesAway && classifyFailure(error) !== 'away') throw error;
    const event = areFilesAway ? 'request.files_away' : 'request.database_away';
    dependencies.log.warn({ err: error, requestId: request.id }, event);
    return fail(apiError('serviceUnavailable', null, message));
  }
}
