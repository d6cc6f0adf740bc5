import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, posix, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { minify, version } from '@swc/core';
import { build, type BuildOptions, type Metafile } from 'esbuild';
import ts from 'typescript';
import type { Encoding, SiteFile } from '../../shared/site/site';
import { aliasesIn, smallParts } from './aliases';
import { widgetTypes } from './types';

/** Where the pages are built, beside the compiled app. */
export const WEB_FOLDER = join('dist', 'web');

/** Private members, above all of the Web PubSub client: a twentieth of the widget. Two that are not are in answers of Entra ID. */
const PRIVATE = { mangleProps: /^_[a-z]/, reserveProps: /^_(links|embedded)$/ };

/**
 * In the hash of the names.
 *
 * Prevents: what this file makes of the same script changes, and browsers keep the one before for a year.
 */
const HOW = createHash('sha256').update(version).update(readFileSync(__filename)).digest('hex').slice(0, 8);

/** Media types of what is served, by the ending of the name. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mts': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** Pages: a folder of `web/` each, whose `index.html` names its script and its style sheet as they are written. */
const PAGES = ['console', 'shop', 'side-by-side', 'api'] as const;

/** What is built together, and what it was made of. */
export type Made = Readonly<Partial<Record<'widget' | 'module' | (typeof PAGES)[number], Metafile>>>;

/** In `index.html`: a script, a style sheet or a picture of the page's own folder. */
const REFERENCE = /((?:src|href)=)"(?:\.\/)?([\w-]+\.(?:ts|css|svg|png))"/g;

/**
 * Builds the widget and the pages into `target`, which is emptied first: what `web/` has an entry for. Every file has its
 * compressed copies beside it.
 */
export async function buildWeb(root: string, target = join(root, WEB_FOLDER)): Promise<Made> {
  const source = (...names: string[]) => join(root, 'web', ...names);
  const files = new Map<string, Uint8Array>();
  const standIns = new Set<string>();
  const made: { -readonly [Part in keyof Made]: Made[Part] } = {};
  const bundle = async (part: keyof Made, options: BuildOptions): Promise<Metafile> => {
    const { outputFiles, metafile } = await build({
      ...options,
      absWorkingDir: root,
      outdir: target,
      alias: aliasesIn(root),
      plugins: [smallParts(root)],
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      minify: true,
      // Told once for all of them, in licences.txt.
      legalComments: 'none',
      loader: { '.svg': 'copy', '.png': 'copy' },
      logLevel: 'silent',
      metafile: true,
      write: false,
      banner: { js: `/*${HOW}*/` },
    });
    for (const { path, contents, text } of outputFiles) {
      const isSmall = SMALL.includes(part) && isOwn(metafile, root, path);
      files.set(nameIn(target, path), isSmall ? Buffer.from(await smaller(text)) : contents);
    }
    return (made[part] = metafile);
  };

  if (existsSync(source('widget', 'embed.ts'))) {
    const { outputs } = await bundle('widget', {
      entryPoints: [{ in: source('widget', 'embed.ts'), out: 'chat' }],
      ...PRIVATE,
      charset: 'utf8',
      chunkNames: 'widget/[name]-[hash]',
      splitting: true,
    });
    // What one part imports of another it takes as an argument, and its exports stay: see `Mounted`.
    for (const [name, { entryPoint, imports }] of Object.entries(outputs)) {
      if (entryPoint !== undefined && imports.every(({ kind }) => kind === 'dynamic-import'))
        standIns.add(nameIn(target, join(root, name)));
    }
  }
  if (existsSync(source('widget', 'index.ts'))) {
    await bundle('module', {
      entryPoints: [{ in: source('widget', 'index.ts'), out: 'widget' }],
      outExtension: { '.js': '.mjs' },
    });
    files.set('widget.d.mts', Buffer.from(widgetTypes(root)));
  }
  for (const page of PAGES.filter((name) => existsSync(source(name, 'index.html')))) {
    const html = readFileSync(source(page, 'index.html'), 'utf8');
    const { outputs } = await bundle(page, {
      entryPoints: [...new Set([...html.matchAll(REFERENCE)].map(([, , name]) => source(page, name!)))],
      entryNames: `${page}/[name]-[hash]`,
      chunkNames: `${page}/[name]-[hash]`,
      assetNames: `${page}/[name]-[hash]`,
      splitting: true,
      ...(page === 'console' && PRIVATE),
    });
    const builtFrom = (name: string) =>
      Object.entries(outputs).find(([, { inputs, entryPoint }]) =>
        [entryPoint, ...Object.keys(inputs)].includes(posix.join('web', page, name)),
      )![0];
    const linked = html.replace(REFERENCE, (_, before: string, name: string) => {
      const built = posix.basename(builtFrom(name));
      standIns.add(`${page}/${built}`);
      return `${before}"${built}"`;
    });
    files.set(`${page}/index.html`, Buffer.from(linked));
  }
  if (files.size > 0) files.set('licences.txt', Buffer.from(licencesOf(root, Object.values(made))));

  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const written = await Promise.all(
    [...files].map(([name, content]) => write(target, name, content, standIns)),
  );
  writeFileSync(join(target, 'manifest.json'), JSON.stringify(Object.fromEntries(written)));
  return made;
}

/** Nothing of a library is in it that has texts of its own. */
const isOwn = ({ outputs }: Metafile, root: string, path: string): boolean =>
  path.endsWith('.js') &&
  !Object.keys(outputs[nameIn(root, path)]!.inputs).some((input) => input.includes('@azure/msal-'));

/** What somebody waits for. */
const SMALL: readonly (keyof Made)[] = ['widget', 'console'];

/** Once more by swc, whose names compress better: 3% less. */
export async function smaller(text: string): Promise<string> {
  const { code } = await minify(text, {
    module: true,
    compress: { ecma: 2022, passes: 2 },
    mangle: { topLevel: true },
    format: { asciiOnly: false, comments: false },
  });
  return inOneLine(code).replace(/(?<!\\)\\x([a-f][0-9a-f])/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

/**
 * Templates of HTML, which have a tag and where an indented line is a space, and of CSS, where a line is nothing.
 *
 * Prevents: a text of a program loses its lines, for what is minified has them in templates, too.
 */
function inOneLine(code: string): string {
  const source = ts.createSourceFile('built.js', code, ts.ScriptTarget.ES2022, true);
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  const edit = (node: ts.Node, what: RegExp, instead: string) => {
    const text = node.getText(source);
    edits.push({ start: node.end - text.length, end: node.end, text: text.replace(what, instead) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && ts.isIdentifier(node.tag)) {
      const { template } = node;
      const pieces = ts.isTemplateExpression(template)
        ? [template.head, ...template.templateSpans.map(({ literal }) => literal)]
        : [template];
      for (const piece of pieces) edit(piece, /\n +/g, ' ');
    } else if (ts.isNoSubstitutionTemplateLiteral(node) && !ts.isTaggedTemplateExpression(node.parent)) {
      if (/^\n[^{}]+\{[^{}]+\}/.test(node.rawText ?? '')) edit(node, /(?<=[;,{}])\n/g, '');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let done = 0;
  const parts = edits
    .toSorted((a, b) => a.start - b.start)
    .map(({ start, end, text }) => {
      const before = code.slice(done, start);
      done = end;
      return before + text;
    });
  return parts.join('') + code.slice(done);
}

const nameIn = (folder: string, path: string): string => relative(folder, path).split(sep).join('/');

/** Bytes beyond which the best is not worth its seconds. */
const LARGE = 500_000;

const COMPRESS: Readonly<Record<Encoding, (content: Uint8Array) => Promise<Buffer>>> = {
  br: (content) =>
    promisify(brotliCompress)(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: content.length > LARGE ? 9 : 11 },
    }),
  gz: (content) => promisify(gzip)(content, { level: 9 }),
};

/** With those of the compressed copies that are worth it. */
async function write(
  target: string,
  name: string,
  content: Uint8Array,
  standIns: ReadonlySet<string>,
): Promise<[string, SiteFile]> {
  const path = join(target, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const encodings: Encoding[] = [];
  for (const encoding of Object.keys(COMPRESS) as Encoding[]) {
    const compressed = await COMPRESS[encoding](content);
    if (compressed.length >= content.length) continue;
    writeFileSync(`${path}.${encoding}`, compressed);
    encodings.push(encoding);
  }
  const type = TYPES[extname(name)];
  if (type === undefined) throw new Error(`${name} has no media type in scripts/web/build.ts.`);
  return [
    name,
    {
      type,
      etag: `"${createHash('sha256').update(content).digest('base64url')}"`,
      ...(/-[A-Z0-9]{8}\.\w+$/.test(name) && { immutable: true }),
      ...(/-[A-Z0-9]{8}\.\w+$/.test(name) && standIns.has(name) && { standsIn: true }),
      ...(/^(chat\.js$|widget\.(mjs|d\.mts)$|widget\/|licences\.txt$)/.test(name) && { shared: true }),
      ...(/^(shop|side-by-side)\//.test(name) && { demo: true }),
      ...(name === 'api/index.html' && { writesHtml: true }),
      encodings,
    },
  ];
}

/** The licence of each package that has a part in what was built. */
function licencesOf(root: string, made: readonly Metafile[]): string {
  const inputs = made.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(folders)]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(root, folder, 'package.json'), 'utf8'),
      ) as Record<string, string>;
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? '' : `\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}`;
      return `${name} ${version} (${license})${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Builds it unless nothing has changed since. */
export async function ensureWebBuilt(root: string): Promise<void> {
  const newest = (folder: string) =>
    Math.max(
      ...readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
        (name) => statSync(join(root, folder, name)).mtimeMs,
      ),
    );
  const manifest = join(root, WEB_FOLDER, 'manifest.json');
  const since = Math.max(newest('web'), newest(join('scripts', 'web')));
  if (!existsSync(manifest) || statSync(manifest).mtimeMs < since) await buildWeb(root);
}
