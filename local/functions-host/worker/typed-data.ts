/** The worker protocol's tagged value: exactly one member is set, none for "no value". */
export interface TypedData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  int?: number;
  double?: number;
  http?: HttpData;
}

export interface HttpData {
  url?: string;
  method?: string;
  nullableHeaders?: Record<string, { value: string }>;
  nullableQuery?: Record<string, { value: string }>;
  nullableParams?: Record<string, { value: string }>;
  statusCode?: string;
  headers?: Record<string, string>;
  cookies?: HttpCookie[];
  body?: TypedData;
}

export interface HttpCookie {
  name?: string;
  value?: string;
  domain?: { value?: string };
  path?: { value?: string };
  expires?: { value?: { seconds?: number } };
  maxAge?: { value?: number };
  secure?: { value?: boolean };
  httpOnly?: { value?: boolean };
  /** `none` is the protocol's default and means: not given. */
  sameSite?: string;
}

/** A value coming back from the library, as the JSON text under which Durable keeps results. */
export function toJsonText(data: TypedData | null | undefined): string {
  if (!data) return 'null';
  if (typeof data.json === 'string') return data.json;
  if (typeof data.string === 'string') return JSON.stringify(data.string);
  if (data.bytes) return JSON.stringify(Buffer.from(data.bytes).toString('base64'));
  return JSON.stringify(data.int ?? data.double ?? null);
}

/** The bytes of an HTTP body, whatever tag it came back under. */
export function toBytes(data: TypedData | null | undefined): Buffer {
  if (!data) return Buffer.alloc(0);
  if (data.bytes) return Buffer.from(data.bytes);
  const text = data.string ?? data.json ?? data.int?.toString() ?? data.double?.toString() ?? '';
  return Buffer.from(text);
}
