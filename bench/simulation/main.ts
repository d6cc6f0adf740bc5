// `npm run simulate-scale`: the arithmetic and the simulation of docs/SCALE.md. Writes bench/simulation/results.json, from
// which `npm run docs` makes the tables and pictures.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resultsText } from './results';

const path = join(__dirname, 'results.json');
writeFileSync(path, resultsText());
console.log(`Written: ${path}. \`npm run docs\` makes the page.`);
