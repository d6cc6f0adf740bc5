import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { widgetTypes } from '../../../scripts/web/types';

/** What somebody does who has the two files and nothing else of this repository. */
const CONSUMER = `
  import { ChatWidget, Conversation, type Chat, type ConversationOptions, type Input, type Texts } from './widget.mjs';
  const options: ConversationOptions = {
    api: 'https://chat.example',
    customer: () => ({ name: 'Ann', context: { OrderId: '4711' } }),
    signIn: undefined,
    changed: (chat: Chat, input?: Input) => {
      if (input?.type === 'entry') console.log(input.entry.text);
      for (const { from, text, delivery } of chat.entries) console.log(from, text, delivery === 'failed');
    },
  };
  const conversation: Conversation = new Conversation(options);
  conversation.begin('Ann');
  const { phase }: { phase: 'idle' | 'opening' | 'open' | 'lost' | 'ended' | 'stuck' } = conversation.chat;
  const widget: ChatWidget = document.querySelector('chat-widget')!;
  const texts: Partial<Texts> = { title: 'Hello' };
  widget.texts = texts;
  widget.ticketCallback = async () => 'ticket';
  void widget.forget().then(() => phase);
`;
const MISTAKES = [
  `import { Line } from './widget.mjs';`,
  `import { Conversation } from './widget.mjs'; new Conversation({ api: 1 });`,
  `document.querySelector('chat-widget')!.toggle('open');`,
  `import type { Texts } from './widget.mjs'; const texts: Partial<Texts> = { titel: '' };`,
];

describe('the types of the widget as a module', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'types-'));
    writeFileSync(join(folder, 'widget.d.mts'), widgetTypes(join(__dirname, '..', '..', '..')));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Files of the compiler's own are read once. */
  const known = new Map<string, ts.SourceFile | undefined>();
  /** What the compiler says of each. */
  const problems = (
    texts: readonly string[],
    [module, moduleResolution]: readonly [ts.ModuleKind, ts.ModuleResolutionKind],
  ): string[][] => {
    const paths = texts.map((text, n) => {
      const path = join(folder, `consumer-${n}.mts`);
      writeFileSync(path, text);
      return path;
    });
    const options: ts.CompilerOptions = {
      module,
      moduleResolution,
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipDefaultLibCheck: true,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      types: [],
    };
    const host = ts.createCompilerHost(options);
    const read = host.getSourceFile.bind(host);
    host.getSourceFile = (path, ...more) => {
      if (!/[\\/]typescript[\\/]lib[\\/]/.test(path)) return read(path, ...more);
      if (!known.has(path)) known.set(path, read(path, ...more));
      return known.get(path);
    };
    const program = ts.createProgram(paths, options, host);
    const all = ts.getPreEmitDiagnostics(program);
    const others = all.filter(({ file }) => !/consumer/.test(file?.fileName ?? ''));
    expect(others.map(({ messageText }) => messageText)).toEqual([]);
    return paths.map((path) =>
      all
        .filter(({ file }) => file?.fileName.endsWith(path))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
    );
  };
  const BUNDLER = [ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler] as const;
  const NODE = [ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext] as const;

  /** All texts in one program, which reads the types of browsers once. */
  const TEXTS = [CONSUMER, ...MISTAKES.map((text) => `import './widget.mjs';\n${text}`)];

  it('are found beside it, whole and strict, by a bundler, by Node and by browsers, and tell what is wrong [R299]', () => {
    for (const rules of [BUNDLER, NODE]) {
      const [told, ...wrong] = problems(TEXTS, rules);
      expect(told).toEqual([]);
      expect(wrong.map((one) => one.length)).toEqual(MISTAKES.map(() => 1));
    }
  });
});
