const chunkLength = 30_000;
const chunksPerRow = 14;

/** A stored row: JSON text in as many string properties as needed, since one holds 32K characters at most. */
export interface Row {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly [column: string]: unknown;
}

/** Keys must not contain `/ \ # ?` or control characters; everything unusual becomes `~xx`. */
export function encodeKey(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_.:@ -]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `~${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

/** Cuts text into the columns of one row. */
function columns(text: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (let at = 0, i = 0; at < text.length; at += chunkLength, i++) {
    result[`d${i}`] = text.slice(at, at + chunkLength);
  }
  return result;
}

/** A value that fits one row. */
export function toRow(partitionKey: string, rowKey: string, value: unknown): Row {
  return { partitionKey, rowKey, ...columns(JSON.stringify(value)) };
}

/** A value of any length, over as many rows as needed; their keys end in `|00`, `|01` and so on. */
export function toRows(partitionKey: string, rowKey: string, value: unknown): Row[] {
  const text = JSON.stringify(value);
  const size = chunkLength * chunksPerRow;
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => ({
    partitionKey,
    rowKey: `${rowKey}|${String(i).padStart(2, '0')}`,
    ...columns(text.slice(i * size, (i + 1) * size)),
  }));
}

/** The text of one row. */
export function rowText(row: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (let i = 0; typeof row[`d${i}`] === 'string'; i++) text += row[`d${i}`] as string;
  return text;
}
