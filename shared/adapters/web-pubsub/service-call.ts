import { DependencyError } from '../../errors';

/** How long the service may take for one call before it counts as "no answer". */
const CALL_TIMEOUT_MS = 5_000;

/**
 * Runs one call of the service with a time limit. The SDK's errors carry the request, token included: only name and
 * status are kept.
 * @throws DependencyError
 */
export async function call<T>(operation: string, run: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await run(AbortSignal.timeout(CALL_TIMEOUT_MS));
  } catch (thrown) {
    if (thrown instanceof DependencyError) throw thrown;
    const { name, statusCode } = thrown as { name?: string; statusCode?: number };
    const cause = new Error(`${name ?? 'Error'} ${statusCode ?? ''}`.trim());
    throw new DependencyError('web-pubsub', operation, { cause });
  }
}
