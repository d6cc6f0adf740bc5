import { startStack, type Stack, type StackOptions } from '../../local/stack/stack';
import { Api } from './api';
import { writeOperatorsSettings } from './operators-settings';
import type { WorldOptions } from './world';

/** Short enough to watch, long enough for a customer to come back in. */
export const GRACE = 'PT4S';
/** As short for agents: the demo's agent drops, too. */
const AGENT_GRACE = 'PT2S';
const RECOVERY_WINDOW_MS = 1_500;
/** A machine that is busy with something else fails no scene. */
const PATIENCE_MS = 120_000;
/** In Azure, what a killed host had in hand is out of sight for five minutes, and timers wait for a minute. */
const AFTER_KILL = { invisibility: 'PT2S', timerLease: 'PT2S' };

/** The whole system on this machine, on free ports and with data of its own in memory. */
export interface LocalSystem {
  readonly stack: Stack;
  readonly worldOptions: WorldOptions & { readonly webPubSub: string };
  /** What the host and the Web PubSub stand-in had to say: the host's line at start, and nothing else when all is well. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

export type LocalSystemOptions = Pick<
  StackOptions,
  'onUp' | 'appDirectory' | 'storageConnectionString' | 'signInPort' | 'settings'
> & {
  /** DISCONNECT_GRACE. */
  readonly grace?: string;
};

/** Starts the app as it is built, or as it is packaged in `appDirectory`. Leaves nothing behind when it cannot. */
export async function startLocalSystem({
  grace = GRACE,
  ...options
}: LocalSystemOptions = {}): Promise<LocalSystem> {
  const log: string[] = [];
  // Asked for by Ctrl-C and by the end of the run, perhaps both: whoever asks waits for the same end.
  let stopped: Promise<void> | undefined;
  const stack = await startStack({
    ...options,
    // Losses are told at once: of a short grace period not much would be left.
    settings: {
      DISCONNECT_GRACE: grace,
      AGENT_DISCONNECT_GRACE: AGENT_GRACE,
      LOSS_NEWS_AFTER: 'PT0S',
      // Longer than the patience: what ends, or is accepted, was offered until then.
      OFFER_TIMEOUT: 'PT5M',
      ...options.settings,
    },
    hostBehavior: AFTER_KILL,
    webPubSub: {
      recoveryWindowMs: RECOVERY_WINDOW_MS,
      log: (level, line) => void (level !== 'info' && log.push(`web-pubsub: ${line}`)),
    },
    onHostOutput: (text) => void log.push(`host: ${text.trimEnd()}`),
  });
  const { functionsUrl, functionKey, webPubSub, host } = stack;
  const stop = () => (stopped ??= stack.stop());
  try {
    await writeOperatorsSettings(new Api(functionsUrl, functionKey));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stack,
    worldOptions: {
      functionsUrl,
      functionKey,
      webPubSub: webPubSub.connectionString,
      patienceMs: PATIENCE_MS,
      host,
      ownSettings: true,
    },
    log,
    stop,
  };
}
