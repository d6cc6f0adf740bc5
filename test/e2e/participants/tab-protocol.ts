import type { TabOptions } from './tab';

/** What a tab's process is told, and what it tells. */
export type ToTab =
  | { readonly type: 'open'; readonly functionsUrl: string; readonly options: TabOptions }
  | { readonly type: 'say'; readonly call: number; readonly text: string }
  | { readonly type: 'cut-transport'; readonly call: number }
  | { readonly type: 'connection-ids'; readonly call: number };

export type FromTab =
  | {
      readonly type: 'opened';
      readonly conversationId: string;
      readonly ticket: string;
      readonly connectionId: string;
    }
  | { readonly type: 'data'; readonly data: unknown }
  | { readonly type: 'done'; readonly call: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly call?: number | undefined; readonly message: string };
