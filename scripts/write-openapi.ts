// `npm run openapi`: writes docs/openapi.json, the document that `GET /api/v1/openapi.json` answers with.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { apiDocument } from '../shared/app/routes';

async function write(): Promise<void> {
  const file = join(__dirname, '..', 'docs', 'openapi.json');
  const text = JSON.stringify(apiDocument(), undefined, 2);
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
  console.log(`Written: ${file}`);
}

void write();
