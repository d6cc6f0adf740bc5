// `npm run states`: writes the state diagram of docs/ARCHITECTURE.md, which is made from the transition table of the
// product. With `--check` it writes nothing and fails where the diagram is not the table's.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDiagram } from '../shared/conversation/states';

const FILE = join(__dirname, '..', 'docs', 'ARCHITECTURE.md');
const BETWEEN = /(<!-- states: written by `npm run states` -->\n\n)[\s\S]*?(\n\n<!-- end of states -->)/;

const now = readFileSync(FILE, 'utf8');
if (!BETWEEN.test(now)) throw new Error(`${FILE} has no place for the states`);
const wanted = now.replace(
  BETWEEN,
  (_all, start: string, end: string) => `${start}\`\`\`mermaid\n${stateDiagram()}\n\`\`\`${end}`,
);

if (!process.argv.includes('--check')) {
  writeFileSync(FILE, wanted);
  console.log(`Written: ${FILE}`);
} else if (wanted !== now) {
  console.error('The states in docs/ARCHITECTURE.md are not those of the code: run `npm run states`.');
  process.exitCode = 1;
}
