import type { TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import type { OverrideKey } from '../../application/ports/settings-store';
import { CHANNELS } from '../../domain/channel';
import type { MessageOverride } from '../../domain/messages/message-override';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../../domain/messages/trigger';
import { InvalidInputError, StoredRowError } from '../../errors';
import { jsonColumn, SCHEMA_VERSION, writerFor } from './columns';
import { checkFits, readRow, rowName } from './stored-row';

export const POLICIES_KEYS = { partitionKey: 'policies', rowKey: 'document' } as const;
export const OVERRIDES_PARTITION = 'automated-messages';

const policiesColumns = z.object({ document: jsonColumn(z.unknown()) });
const overrideColumns = z.object({
  trigger: z.enum(AUTOMATED_MESSAGE_TRIGGERS),
  channel: z.enum(CHANNELS).exactOptional(),
  channelInstance: z.string().exactOptional(),
  locale: z.string().exactOptional(),
  text: z.string().exactOptional(),
  active: z.boolean(),
});

/** The policy document is JSON in one column: it is read and written as a whole. @throws StoredRowError */
export function encodePolicies(document: unknown): TableEntity {
  const write = writerFor(rowName(POLICIES_KEYS));
  return checkFits({
    ...POLICIES_KEYS,
    schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
    document: JSON.stringify(document),
  });
}

/** `parse` checks the document as if it came from outside. @throws StoredRowError */
export function decodePolicies<T>(entity: object, parse: (document: unknown) => T): T {
  const { document } = readRow(policiesColumns, entity);
  try {
    return parse(document);
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    // A parser names the part that is wrong, and never repeats what it holds.
    throw new StoredRowError(rowName(entity), thrown.message, { cause: thrown });
  }
}

/** "*" stands for "everywhere". Language tags compare without case, so the key has none. */
export const overrideKeys = ({ trigger, channel, channelInstance, locale }: OverrideKey) => ({
  partitionKey: OVERRIDES_PARTITION,
  rowKey: [trigger, channel ?? '*', channelInstance ?? '*', locale?.toLowerCase() ?? '*'].join('|'),
});

/** @throws StoredRowError */
export function encodeOverride(override: MessageOverride): TableEntity {
  const keys = overrideKeys(override);
  const write = writerFor(rowName(keys));
  return checkFits({
    ...keys,
    schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
    ...override,
  });
}

/** @throws StoredRowError */
export const decodeOverride = (entity: object): MessageOverride => readRow(overrideColumns, entity);
