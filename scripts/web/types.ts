import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** What `web/widget/index.ts` exports is declared in these, and what their declarations speak of. */
const MODULES = ['messages', 'line', 'texts/en', 'texts', 'conversation', 'element'];

/**
 * The types of the widget as a module, in one file: `widget.d.mts`, beside `widget.mjs`.
 *
 * @throws if what is exported has no type of its own
 */
export function widgetTypes(root: string): string {
  const declared = (name: string): string => {
    const fileName = join(root, 'web', 'widget', `${name}.ts`);
    const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(fileName, 'utf8'), {
      fileName,
      reportDiagnostics: true,
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, stripInternal: true },
    });
    const [problem] = diagnostics;
    if (problem)
      throw new Error(`${fileName}: ${ts.flattenDiagnosticMessageText(problem.messageText, '\n')}`);
    return name === 'index' ? outputText : inside(outputText);
  };
  const exported = declared('index').replace(/ from '[^']+';/g, ';');
  return [...MODULES.map(declared), exported].join('\n');
}

/** The values that somebody who imports the widget has, and one whose names are a type. */
const VALUES = ['Conversation', 'ChatWidget', 'en'];

/** Without what makes a module of it, and without values of the widget's own. */
const inside = (declarations: string): string =>
  declarations
    .replace(/^import [^;]*;\n/gm, '')
    .replace(
      /^(?:\/\*\*(?:(?!\*\/)[^])*\*\/\n)?export declare (?:const|function|class) (\w+)[^]*?\n(?=\/|\w|$)/gm,
      (declaration, name: string) =>
        VALUES.includes(name) ? declaration.replace(/^export (?=declare)/m, '') : '',
    )
    .replace(/^export (?=interface|type)/gm, '');
