/**
 * What slow regular expressions are slow at: one or two signs over and over, and an end that fits nothing. Every
 * class of characters that a pattern of `shared` repeats is among them.
 */
const PUMPS = [
  ...['a', 'A', '0', ' ', '\t', '\n', '-', '_', '.', ',', ':', ';', '/', '{', '}', '[', '=', '~', 'é', '😀'],
  ...['a-', 'a.', 'a,', 'a ', '0.', '0:', '0D', '{a', '{a}', '{$a$}', ';A=', '; ', 'a=b;', '::', ', ', '%41'],
  ...['https://', 'Bearer ', 'iPad', 'Silk', 'Tablet PC', 'sha256=', 'PT1M', '\ud800'],
];
const HEADS = ['P', 'PT', 'https://', 'Bearer a.', 'customer.', 'Endpoint=', '{', '* '];
const ENDS = ['', '!', '\u0000'];

const pumped = (characters: number, pump: string, head = '', end = ''): string =>
  head + pump.repeat(Math.ceil(characters / pump.length)) + end;

/** Texts of about so many characters. */
export function* longTexts(characters: number, heads: readonly string[] = HEADS): Generator<string> {
  for (const pump of PUMPS) for (const end of ENDS) yield pumped(characters, pump, '', end);
  for (const head of heads)
    for (const pump of ['0', 'a', '-', ' ', 'a.', '{a}', ';A=']) yield pumped(characters, pump, head, '!');
}

/** Fewer of them, for what has many places to put them. */
export function* someLongTexts(characters: number): Generator<string> {
  for (const pump of ['0', 'a', '-', ' ', 'a-', '0:', 'a,', '{a}', ';A=', '😀', '\ud800'])
    yield pumped(characters, pump, '', '!');
}

/** JSON of about so many characters: deep, wide, with a large key, with many keys, with one large text. */
export function* longJson(characters: number, fields: readonly string[] = []): Generator<string> {
  const shapes = [
    () => '['.repeat(characters / 2) + ']'.repeat(characters / 2),
    () => `${'{"a":'.repeat(characters / 6)}1${'}'.repeat(characters / 6)}`,
    () => `[${'0,'.repeat(characters / 2)}0]`,
    () => `[${'{},'.repeat(characters / 3)}{}]`,
    () => `{${Array.from({ length: characters / 12 }, (_, n) => `"k${n}":"x"`).join()}}`,
    () => `{"${'x'.repeat(characters)}":1}`,
    () => `"${'x'.repeat(characters)}"`,
    () => '9'.repeat(characters),
  ];
  yield ' '.repeat(characters);
  for (const shape of shapes) yield shape();
  for (const field of fields) for (const shape of shapes) yield `{"${field}":${shape()}}`;
}

/** Each of the values, as something else. */
export function* each<T, U>(values: Iterable<T>, change: (value: T) => U): Generator<U> {
  for (const value of values) yield change(value);
}

/** All that there is for each of the values. */
export function* flat<T, U>(values: Iterable<T>, more: (value: T) => Iterable<U>): Generator<U> {
  for (const value of values) yield* more(value);
}
