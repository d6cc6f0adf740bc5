import type { Target } from '../target';
import { BODIES } from './bodies';
import { CONFIGURATION } from './configuration';
import { EVENTS_AND_TEXTS } from './events';
import { REQUESTS } from './requests';
import { ROWS } from './rows';

/** Every parser of the product but those of tokens, which need keys first (`tokenTargets`). */
export const TARGETS: readonly Target[] = [
  ...EVENTS_AND_TEXTS,
  ...BODIES,
  ...REQUESTS,
  ...CONFIGURATION,
  ...ROWS,
];
