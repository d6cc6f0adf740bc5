import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** What a test file says of its tests. */
export interface FileTitles {
  /** Titles as they are written, from the outermost `describe` to the test. */
  readonly paths: readonly (readonly string[])[];
  /** Every other literal and key: among them are the cases of its tables. */
  readonly values: ReadonlySet<string>;
}

const GROUP = 'describe';
const CALLS: readonly string[] = [GROUP, 'it', 'test'];

const known = new Map<string, FileTitles>();

export function titlesIn(file: string): FileTitles {
  const titles = known.get(file) ?? readTitles(file);
  known.set(file, titles);
  return titles;
}

function readTitles(file: string): FileTitles {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const paths: string[][] = [];
  const values = new Set<string>();
  const visit = (node: ts.Node, outer: readonly string[]): void => {
    if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) values.add(node.text);
    if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) values.add(node.name.text);
    const titled = ts.isCallExpression(node) ? titledCall(node) : undefined;
    const path = titled === undefined ? outer : [...outer, titled.title];
    if (titled !== undefined && !titled.isGroup) paths.push([...path]);
    ts.forEachChild(node, (child) => {
      if (child !== titled?.argument) visit(child, path);
    });
  };
  visit(source, []);
  return { paths, values };
}

/**
 * Whether a test goes by these titles; groups further out may be left out. A case of a table is named as it runs, by
 * values that are in the file, or all cases together by the title as it is written.
 */
export const namesTest = ({ paths, values }: FileTitles, titles: readonly string[]): boolean =>
  paths.some((path) => {
    const inner = path.slice(-titles.length);
    return inner.length === titles.length && inner.every((written, at) => fits(written, titles[at], values));
  });

function fits(written: string, title: string | undefined, values: ReadonlySet<string>): boolean {
  if (title === undefined || title === written) return title === written;
  const pattern = written
    .split(/%[a-z]|\$\{[^}]*\}|\$\w+/)
    .map((literal) => literal.replaceAll(/[.*+?^$()[\]{}|\\]/g, '\\$&'))
    .join('(.+)');
  const cases = new RegExp(`^${pattern}$`).exec(title)?.slice(1);
  return cases !== undefined && cases.every((value) => values.has(value));
}

function titledCall({ expression, arguments: [argument] }: ts.CallExpression) {
  const name = calledName(expression);
  if (name === undefined || argument === undefined) return undefined;
  const isGroup = name === GROUP;
  if (ts.isStringLiteralLike(argument)) return { isGroup, argument, title: argument.text };
  return ts.isTemplateExpression(argument)
    ? { isGroup, argument, title: argument.getText().slice(1, -1) }
    : undefined;
}

/** `it`, `it.each(…)` and the like. */
function calledName(expression: ts.Expression): string | undefined {
  if (ts.isIdentifier(expression)) return CALLS.find((name) => name === expression.text);
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression)) {
    return undefined;
  }
  return calledName(expression.expression.expression);
}
