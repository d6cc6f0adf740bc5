import type { Scenario } from '../scenario';
import { agentDrops } from './agent-drops';
import { agentEnds } from './agent-ends';
import { closesByItself } from './closes-by-itself';
import { dropsInQueue } from './drops-in-queue';
import { dropsWhenActive } from './drops-when-active';
import { dropsWhenOffered } from './drops-when-offered';
import { hostKilled } from './host-killed';
import { leaves } from './leaves';
import { ownWords } from './own-words';
import { reconnects } from './reconnects';
import { returnsInTime } from './returns-in-time';
import { transportCut } from './transport-cut';
import { twoTabs } from './two-tabs';
import { waitInHand } from './wait-in-hand';

/** Every scenario, in the order of reports. */
export const SCENARIOS: readonly Scenario[] = [
  dropsInQueue,
  dropsWhenActive,
  dropsWhenOffered,
  returnsInTime,
  twoTabs,
  leaves,
  agentEnds,
  agentDrops,
  waitInHand,
  closesByItself,
  ownWords,
  reconnects,
  transportCut,
  hostKilled,
];
