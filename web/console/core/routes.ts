/** The pages of the console, by the first word behind `#/`. */
export const PAGES = {
  desk: { title: 'Desk', for: 'agent' },
  operations: { title: 'Operations', for: 'operator' },
  closed: { title: 'Closed', for: 'operator' },
  'what-if': { title: 'What if', for: 'operator' },
  messages: { title: 'Messages', for: 'operator' },
  policies: { title: 'Policies', for: 'operator' },
  'dead-letters': { title: 'Dead letters', for: 'operator' },
  'personal-data': { title: 'Personal data', for: 'operator' },
} as const;
export type PageName = keyof typeof PAGES;

/** Where the console is: a page, and what of it is looked at. */
export interface Place {
  readonly page: PageName;
  readonly id?: string;
}

/** `#/desk/0b1c…`; whatever is unknown is the desk. */
export function placeOf(hash: string): Place {
  const [name = '', id] = hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  const page = Object.hasOwn(PAGES, name) ? (name as PageName) : 'desk';
  return { page, ...(id && { id }) };
}

export const addressOf = (page: PageName, id?: string): string =>
  `#/${page}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;
