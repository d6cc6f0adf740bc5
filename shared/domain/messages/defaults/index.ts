import type { DefaultTexts } from './default-texts';
import { de } from './de';
import { en } from './en';
import { es } from './es';
import { fr } from './fr';
import { ja } from './ja';

/** The languages that ship, by their tag. English is what every other locale falls back to. */
export const DEFAULT_TEXTS: Readonly<Record<string, DefaultTexts>> & { readonly en: DefaultTexts } = {
  en,
  de,
  fr,
  es,
  ja,
};
