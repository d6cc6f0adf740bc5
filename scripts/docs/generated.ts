import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { designsPicture, requestsPicture } from '../../bench/pictures';
import type { Results as EventResults } from '../../bench/report';
import {
  dropPicture,
  dropsTable,
  eventsTable,
  limitsTable,
  sentPicture,
  sizesTable,
} from '../../bench/simulation/report';
import type { Results } from '../../bench/simulation/results';
import { stateDiagram } from '../../shared/conversation/states';
import { callsOf, type OpenApi, problemsOf, schemasOf } from './api';
import { authorisationTables } from './authorisation';
import { configurationPage } from './configuration';
import { markdownFiles, withoutPadding } from './markdown';
import { notificationsTable } from './notifications';
import { terminalPicture } from './terminal-picture';

/** Every file that is generated, in whole or in part, with the text that it ought to have. Paths are below the root. */
export function generatedFiles(root: string): ReadonlyMap<string, string> {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const document = JSON.parse(read('docs/openapi.json')) as OpenApi;
  const files = new Map(markdownFiles(root).map((path) => [path, withoutPadding(read(path))]));
  files.set('docs/CONFIGURATION.md', configurationPage());
  files.set(
    'docs/API.md',
    filled(files.get('docs/API.md') ?? '', {
      calls: callsOf(document),
      problems: problemsOf(document),
      schemas: schemasOf(document),
      notifications: notificationsTable(root),
    }),
  );
  files.set(
    'docs/ARCHITECTURE.md',
    filled(files.get('docs/ARCHITECTURE.md') ?? '', { states: `\`\`\`mermaid\n${stateDiagram()}\n\`\`\`` }),
  );
  files.set(
    'docs/THREAT-MODEL.md',
    filled(files.get('docs/THREAT-MODEL.md') ?? '', { authorisation: authorisationTables() }),
  );
  const scale = JSON.parse(read('bench/simulation/results.json')) as Results;
  files.set(
    'docs/SCALE.md',
    filled(files.get('docs/SCALE.md') ?? '', {
      limits: limitsTable(),
      events: eventsTable(),
      sizes: sizesTable(scale),
      drops: dropsTable(scale),
    }),
  );
  files.set('docs/images/scale-drop.svg', dropPicture(scale));
  files.set('docs/images/scale-sent.svg', sentPicture(scale));
  const costs = JSON.parse(read('bench/results/events.json')) as EventResults;
  files.set('docs/images/bench-requests.svg', requestsPicture(costs));
  files.set('docs/images/bench-designs.svg', designsPicture(costs));
  files.set('docs/images/demo.svg', terminalPicture(read('docs/measured/demo.txt')));
  return files;
}

/** The text with each part between `<!-- name:begin -->` and `<!-- name:end -->` replaced. */
function filled(text: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((whole, [name, content]) => {
    const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
    const [from, to] = [whole.indexOf(begin), whole.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`no document has ${begin} … ${end}`);
    return `${whole.slice(0, from + begin.length)}\n\n${content}\n\n${whole.slice(to)}`;
  }, text);
}
