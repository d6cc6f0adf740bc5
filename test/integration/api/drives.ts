import type { DocumentedApi } from './documented-api';

/** By operation: calls it so that it succeeds, and so that it answers with a problem. */
export type Drives = Readonly<Record<string, (api: DocumentedApi) => Promise<unknown>>>;
