// `npm run docs`: writes the generated pages and parts of pages; `npm run docs -- --check` says what is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from './generated';

const USAGE = `Writes what is generated in the documentation: docs/CONFIGURATION.md from shared/app/config.ts; calls, problems, schemas and
notifications of docs/API.md from docs/openapi.json and the types; the states of docs/ARCHITECTURE.md from the table of transitions; who may do what in docs/THREAT-MODEL.md from
shared/access/authorisation.ts; docs/images/demo.svg from docs/measured/demo.txt; tables and pictures of docs/SCALE.md from bench/simulation/results.json; pictures of what an event costs from bench/results/events.json. Takes the
padding out of every Markdown table.

  npm run docs              write
  npm run docs -- --check   write nothing; exit code 1 if something would change`;

const root = join(__dirname, '..', '..');
const args = process.argv.slice(2);
const isCheck = args.includes('--check');
if (args.includes('--help')) {
  console.log(USAGE);
  process.exit(0);
}
const unknown = args.find((one) => one !== '--check');
if (unknown !== undefined) {
  console.error(`'${unknown}' is not known (npm run docs -- --help shows what can be given).`);
  process.exit(2);
}

for (const [path, text] of generatedFiles(root)) {
  if (readFileSync(join(root, path), { encoding: 'utf8', flag: 'a+' }) === text) continue;
  if (isCheck) process.exitCode = 1;
  else writeFileSync(join(root, path), text);
  console.log(`${isCheck ? 'Not up to date' : 'Written'}: ${path}`);
}
