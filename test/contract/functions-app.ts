import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');
const FUNCTIONS = join(ROOT, 'functions');

/** Loads one file of the product, given by its path below the root. */
export const load = (path: string): Promise<object> => import(join(ROOT, path)) as Promise<object>;

/** Loads every file that `main` of package.json matches once it is compiled. */
export async function loadFunctions(): Promise<void> {
  for (const file of readdirSync(FUNCTIONS).filter((name) => name.endsWith('.ts'))) {
    await import(join(FUNCTIONS, file));
  }
}

/** The smallest configuration of the product: enough to load, good for nothing. */
export const SETTINGS: Readonly<Record<string, string>> = {
  WEB_PUBSUB_CONNECTION_STRING: 'Endpoint=http://localhost;Port=1;AccessKey=contract-access-key;Version=1.0;',
  WEBHOOK_GUARD: 'signature',
  CONVERSATION_TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true',
  TICKET_SIGNING_KEY: 'a-signing-key-of-the-contract-tests-000',
};

/** The routes of operators, by their ids. */
export const OPERATORS = [
  'delete-automated-message',
  'download-transcript',
  'erase-conversation',
  'erase-customer',
  'export-conversation',
  'export-customer',
  'insights',
  'list-automated-messages',
  'list-closed-conversations',
  'list-dead-letters',
  'read-capacity',
  'read-policies',
  'replay-dead-letter',
  'set-capacity',
  'write-automated-message',
  'write-policies',
];
