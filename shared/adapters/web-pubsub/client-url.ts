import type { WebPubSubServiceClient } from '@azure/web-pubsub';
import { call } from './service-call';

/** A socket URL is used at once; a client that reconnects negotiates anew. */
const VALID_MINUTES = 10;

/**
 * Makes the URL with which a socket of a user can be opened for a few minutes: locally with an access key, by a call
 * of the service with an identity.
 * @throws DependencyError
 */
export const createClientUrl =
  (service: WebPubSubServiceClient) =>
  (userId: string): Promise<string> =>
    call('client-url', async (abortSignal) => {
      const expirationTimeInMinutes = VALID_MINUTES;
      return (await service.getClientAccessToken({ userId, expirationTimeInMinutes, abortSignal })).url;
    });
