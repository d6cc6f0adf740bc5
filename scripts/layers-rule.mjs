// ESLint rule `layers/imports`: every form of import against the table of scripts/layers.cjs.
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LAYERED, roleOf, refusalOf, targetOf } from './layers.cjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The text of a specifier, or undefined where only running the code would tell. */
function textOf(node) {
  if (node.type === 'TSLiteralType') return textOf(node.literal);
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked;
  return typeof node.value === 'string' ? node.value : undefined;
}

const imports = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const file = relative(root, context.filename).split(sep).join('/');
    const role = roleOf(file);
    const check = (node, source) => {
      if (role === undefined || !source) return;
      const specifier = textOf(source);
      if (specifier !== undefined) {
        const message = refusalOf(file, targetOf(file, specifier));
        if (message !== undefined) context.report({ node, message });
      } else if (role.may !== undefined) {
        context.report({ node, message: 'An import is checked by its name: write it as a literal.' });
      }
    };
    return {
      Program(node) {
        if (role === undefined && LAYERED.some((folder) => file.startsWith(folder))) {
          context.report({ node, message: `${file} has no role of scripts/layers.cjs.` });
        }
      },
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument),
      TSExternalModuleReference: (node) => check(node, node.expression),
      "CallExpression[callee.name='require']": (node) => check(node, node.arguments[0]),
    };
  },
};

export default { meta: { name: 'layers' }, rules: { imports } };
