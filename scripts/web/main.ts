import { join } from 'node:path';
import { buildWeb, WEB_FOLDER } from './build';

/** `npm run web`: the widget and the pages, as they are served. */
const ROOT = join(__dirname, '..', '..');

buildWeb(ROOT).then(
  (made) => console.log(`${WEB_FOLDER}: ${Object.keys(made).join(', ') || 'nothing: web/ has no entry yet'}`),
  (thrown: unknown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exitCode = 1;
  },
);
