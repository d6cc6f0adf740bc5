import { MINUTE } from '../time';
import type { PolicyRule } from './policy';

const DAY = 24 * 60 * MINUTE;

/**
 * Rules that come after the operator's and before the base: persistent chat is closed much later than live chat
 * ("Configure automatic closure of conversations", Dynamics 365).
 */
export const BUILT_IN_RULES: readonly PolicyRule[] = [
  {
    id: 'built-in-persistent-chat',
    when: { channel: ['persistent-chat'] },
    set: { openAutoClose: 30 * DAY, wrapUpAutoClose: DAY },
  },
];
