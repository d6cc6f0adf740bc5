import type { ZodType } from 'zod';

/** Who may call: anyone, whoever has a ticket, whoever has the function key. */
export type Access = 'anyone' | 'ticket' | 'anyone-or-ticket' | 'function-key';

export type Tag = 'Customers' | 'Agents' | 'Conversations' | 'Settings' | 'Dead letters' | 'Service';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: ZodType;
  /** Path parameters always are. */
  readonly required?: boolean;
}

export interface Body {
  /** One of `SCHEMAS`. */
  readonly schema: ZodType;
  readonly example: unknown;
  /** Whether an empty body will not do. */
  readonly required: boolean;
  /** Other forms in which the same can be sent, besides JSON. */
  readonly plainText?: boolean;
}

/** A header of an answer, by its name in `RESPONSE_HEADERS`. */
export type ResponseHeader =
  'ETag' | 'Retry-After' | 'WWW-Authenticate' | 'WebHook-Allowed-Origin' | 'ce-connectionState';

export interface Answer {
  /** Answers with the same name are the same; the document holds them once. */
  readonly name?: string;
  readonly description: string;
  readonly headers?: readonly ResponseHeader[];
  readonly content?: {
    readonly mediaType: 'application/json' | 'application/problem+json';
    /** One of `SCHEMAS`. */
    readonly schema: ZodType;
    /** By name; a problem by its code. */
    readonly examples: Readonly<Record<string, unknown>>;
  };
}

/** What one method of one route does: a row of the table from which the OpenAPI document is made. */
export interface Operation {
  /** Unique; the name of the function, where that has one method. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'delete' | 'options';
  /** Below `/api`; parts in braces are parameters. */
  readonly path: `/${string}`;
  readonly tag: Tag;
  readonly summary: string;
  /** What the summary leaves open, in Markdown. */
  readonly description?: string;
  readonly security: Access;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Body;
  /** By status. */
  readonly responses: Readonly<Record<number, Answer>>;
}
