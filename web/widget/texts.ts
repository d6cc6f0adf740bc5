import type { en } from './texts/en';

export type Texts = Readonly<Record<keyof typeof en, string>>;

/** The languages of the product, each loaded when it is needed. */
export const LANGUAGES: Readonly<Record<string, () => Promise<Texts>>> = {
  en: async () => (await import('./texts/en')).en,
  de: async () => (await import('./texts/de')).de,
  fr: async () => (await import('./texts/fr')).fr,
  es: async () => (await import('./texts/es')).es,
  ja: async () => (await import('./texts/ja')).ja,
};

/** The texts of the language, English ones if there are none. */
export const textsFor = (locale: string): Promise<Texts> =>
  (LANGUAGES[locale.slice(0, 2).toLowerCase()] ?? LANGUAGES['en']!)();

export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
