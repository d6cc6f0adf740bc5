import ts from 'typescript';

const CALLS: readonly string[] = ['describe', 'it', 'test'];

/** The titles of all tests and groups in the text of a test file, as they are written. What is skipped has none. */
export function titlesIn(text: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) titles.push(...titleOf(node));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('some.test.ts', text, ts.ScriptTarget.Latest, true));
  return titles;
}

function titleOf({ expression, arguments: [argument] }: ts.CallExpression): string[] {
  if (argument === undefined || !isNamed(expression)) return [];
  if (ts.isStringLiteralLike(argument)) return [argument.text];
  return ts.isTemplateExpression(argument) ? [argument.getText().slice(1, -1)] : [];
}

/** `it`, `it.each(…)` and the like. */
function isNamed(expression: ts.Expression): boolean {
  if (ts.isIdentifier(expression)) return CALLS.includes(expression.text);
  return (
    ts.isCallExpression(expression) &&
    ts.isPropertyAccessExpression(expression.expression) &&
    expression.expression.name.text === 'each' &&
    isNamed(expression.expression.expression)
  );
}
