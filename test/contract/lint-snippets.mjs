// Runs ESLint with eslint.config.mjs on snippets: [{ file, code }] on stdin, their messages on stdout. A process of its
// own, because Jest cannot import a configuration that is an ES module. The files need not exist, so the rules that
// ask the type checker are switched off; the rules about layers and determinism need no types.
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const eslint = new ESLint({
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  overrideConfig: [tseslint.configs.disableTypeChecked],
});
const results = [];
for (const { file, code } of JSON.parse(await text(process.stdin))) {
  const [result] = await eslint.lintText(code, { filePath: file });
  results.push(result.messages.map(({ ruleId, message }) => ({ ruleId, message })));
}
console.log(JSON.stringify(results));
