/**
 * Texts of automated messages. Slugs are `{AgentName}`, `{QueueName}` and `{QueuePosition}`; a context variable is
 * `{$Name$}`, where the name is of letters, digits and "_" and matches exactly, capitals included ("Configure automated
 * messages", Dynamics 365). A variable that is not there becomes the empty string.
 */
const SLUGS = ['AgentName', 'QueueName', 'QueuePosition'] as const;
type Slug = (typeof SLUGS)[number];

/** What is wrong with a text, and where: `position` counts characters (UTF-16 code units) from 1. */
export interface TemplateProblem {
  readonly position: number;
  readonly detail: string;
}

export interface TemplateValues {
  readonly slugs: Readonly<Partial<Record<Slug, string>>>;
  readonly context: Readonly<Record<string, string>>;
}

/** Longest text that is stored, in characters: values of context variables may be long. */
export const RENDERED_CHARACTERS = 4_000;

type Part = { readonly text: string } | { readonly slug: Slug } | { readonly variable: string };

/** The first problem of a text; undefined where it can be saved. */
export function templateProblem(text: string): TemplateProblem | undefined {
  const parsed = parse(text);
  return 'detail' in parsed ? parsed : undefined;
}

/**
 * The text with its values in place. A value is never expanded itself. Total: a malformed text, which cannot be saved,
 * is given as it is.
 */
export function renderTemplate(text: string, { slugs, context }: TemplateValues): string {
  const parsed = parse(text);
  if ('detail' in parsed) return cut(text);
  const rendered = parsed.parts.map((part) => {
    if ('text' in part) return part.text;
    if ('slug' in part) return slugs[part.slug] ?? '';
    return Object.hasOwn(context, part.variable) ? (context[part.variable] ?? '') : '';
  });
  return cut(rendered.join(''));
}

/** Messages in which a slug has a value always: an agent has accepted, or the customer has a place in the queue. */
const KNOWN_IN: Readonly<Partial<Record<Slug, readonly string[]>>> = {
  AgentName: ['agent-joined', 'agent-left', 'agent-disconnected', 'agent-ended-conversation'],
  QueuePosition: ['customer-next-in-line', 'customer-position-in-queue'],
};

/**
 * The placeholders of a text, as they are written, that have no value in some chats: the message is sent all the same, with nothing in
 * their place. None of a text that cannot be saved.
 */
export function mayBeEmpty(text: string, trigger: string): string[] {
  const parsed = parse(text);
  if ('detail' in parsed) return [];
  const holes = parsed.parts.flatMap((part) => {
    if ('variable' in part) return [`{$${part.variable}$}`];
    return 'slug' in part && KNOWN_IN[part.slug]?.includes(trigger) === false ? [`{${part.slug}}`] : [];
  });
  return [...new Set(holes)];
}

function parse(text: string): { readonly parts: readonly Part[] } | TemplateProblem {
  const parts: Part[] = [];
  let at = 0;
  while (at < text.length) {
    const next = /[{}]/.exec(text.slice(at));
    const brace = next === null ? text.length : at + next.index;
    parts.push({ text: text.slice(at, brace) });
    if (next === null) break;
    const position = brace + 1;
    if (text[brace] === '}') return { position, detail: 'a "}" without its "{"' };
    const close = text.indexOf('}', brace);
    if (close === -1) return { position, detail: 'a "{" without its "}"' };
    const inside = text.slice(brace + 1, close);
    const part = placeholder(inside);
    if (part === undefined) return { position, detail: detailOf(inside) };
    parts.push(part);
    at = close + 1;
  }
  return { parts };
}

function placeholder(inside: string): Part | undefined {
  const slug = SLUGS.find((known) => known === inside);
  if (slug !== undefined) return { slug };
  const variable = /^\$([A-Za-z0-9_]+)\$$/.exec(inside)?.[1];
  return variable === undefined ? undefined : { variable };
}

const detailOf = (inside: string): string =>
  inside.startsWith('$')
    ? 'a context variable is {$Name$}, its name of letters, digits and "_"'
    : `a placeholder is ${SLUGS.map((slug) => `{${slug}}`).join(', ')} or {$Name$}`;

/** Never between the halves of a surrogate pair. */
function cut(text: string): string {
  if (text.length <= RENDERED_CHARACTERS) return text;
  const last = text.charCodeAt(RENDERED_CHARACTERS - 1);
  return text.slice(0, RENDERED_CHARACTERS - (last >= 0xd800 && last <= 0xdbff ? 1 : 0));
}
