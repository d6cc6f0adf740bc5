import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { table } from './api';

/**
 * Who gets a notification and what it says, in the order of the page. Written by hand: the type of the notifications has
 * their fields alone, which are read off it.
 */
const NOTIFICATIONS: Readonly<Record<string, readonly [to: string, says: string]>> = {
  'conversation-opened': ['agents', 'A conversation is in the queue.'],
  'customer-connected': ['agents', 'Its customer is connected for the first time.'],
  'connection-lost': [
    'agents',
    'The customer has lost its last connection; the grace period ends at `deadline`.',
  ],
  'customer-back': ['agents', 'The customer has come back in time.'],
  'wait-extended': [
    'agents',
    'The customer is waited for longer: an `agent` wants it, or an `outage` has kept the customer out (`because`). `extendedBy` counts what agents have added.',
  ],
  'conversation-assigned': [
    'agents; the customer if `accepted`',
    'An agent has been offered the conversation, or has accepted it.',
  ],
  'conversation-queued': ['agents, the customer', 'The conversation is in a queue again.'],
  'conversation-waiting': ['agents', 'A persistent chat waits for its customer.'],
  'queue-position': ['the customer', 'The place in the queue has changed.'],
  message: ['the customer, the agent of the conversation', 'Somebody has written.'],
  typing: ['the other side: the customer, or the agent who has accepted', 'Somebody writes just now.'],
  notice: ['its recipient, the agent of the conversation', 'An automated message.'],
  'agent-connection-lost': ['agents', 'The agent has lost its last connection.'],
  'agent-back': ['agents', 'The agent has come back in time.'],
  'capacity-released': ['the agent', 'Units of the capacity are free again after a wrap-up.'],
  'conversation-ended': ['agents, the customer', 'The conversation is over for the customer.'],
  'conversation-closed': ['agents', 'The wrap-up is over.'],
};

/** The table of docs/API.md. */
export function notificationsTable(root: string): string {
  const fields = fieldsByType(join(root, 'shared', 'conversation'));
  const missing = Object.keys(fields).filter((type) => !(type in NOTIFICATIONS));
  const gone = Object.keys(NOTIFICATIONS).filter((type) => !(type in fields));
  if (missing.length + gone.length > 0) {
    throw new Error(
      `scripts/docs/notifications.ts: not described: ${missing.join()}; described but gone: ${gone.join()}`,
    );
  }
  return table(
    ['`type`', 'who gets it', 'says', 'fields of its own'],
    Object.entries(NOTIFICATIONS).map(([type, [to, says]]) => [
      `\`${type}\``,
      to,
      says,
      fields[type]?.map((name) => `\`${name}\``).join(', ') ?? '',
    ]),
  );
}

/** The union of all notifications is the one that has this member. */
const A_MEMBER = 'conversation-opened';

/** The fields of every member of the union, in the order of the source; `?` marks those that can be missing. */
function fieldsByType(folder: string): Readonly<Record<string, readonly string[]>> {
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), 'utf8');
    if (!text.includes(`type: '${A_MEMBER}'`)) continue;
    for (const statement of ts.createSourceFile(name, text, ts.ScriptTarget.Latest).statements) {
      if (!ts.isTypeAliasDeclaration(statement) || !ts.isUnionTypeNode(statement.type)) continue;
      const members = Object.fromEntries(statement.type.types.flatMap(memberOf));
      if (A_MEMBER in members) return members;
    }
  }
  throw new Error(`no file of ${folder} has the union of notifications`);
}

function memberOf(node: ts.TypeNode): [type: string, fields: readonly string[]][] {
  if (!ts.isTypeLiteralNode(node)) return [];
  const fields = node.members.filter(ts.isPropertySignature);
  const nameOf = ({ name }: ts.PropertySignature) => (ts.isIdentifier(name) ? name.text : '');
  const type = fields.find((field) => nameOf(field) === 'type')?.type;
  if (type === undefined || !ts.isLiteralTypeNode(type) || !ts.isStringLiteral(type.literal)) return [];
  const others = fields
    .filter((field) => nameOf(field) !== 'type')
    .map((field) => `${nameOf(field)}${field.questionToken === undefined ? '' : '?'}`);
  return [[type.literal.text, others]];
}
