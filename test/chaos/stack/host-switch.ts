import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../../../local/stack/stack';

const PAUSE_MS = 300;
const START_LIMIT_MS = 60_000;

/** Kills the host and has it come back. One at a time: a host that is down cannot be killed. */
export class HostSwitch {
  private under: Promise<void> | undefined;

  constructor(private readonly host: Stack['host']) {}

  /** SIGKILL now, back after `forMs`; with the storage refusing at that moment, as soon as it can start. */
  killFor(forMs: number): Promise<void> {
    return (this.under ??= this.cycle(forMs).finally(() => (this.under = undefined)));
  }

  private async cycle(forMs: number): Promise<void> {
    await this.host.kill();
    await delay(forMs);
    for (const giveUpAt = Date.now() + START_LIMIT_MS; ;) {
      try {
        return await this.host.start();
      } catch (thrown) {
        if (Date.now() > giveUpAt) throw thrown;
        await delay(PAUSE_MS);
      }
    }
  }
}
