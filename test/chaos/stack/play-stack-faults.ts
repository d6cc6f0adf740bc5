import { setTimeout as delay } from 'node:timers/promises';
import { randomOf } from '../random';
import type { StackFault } from '../plan/stack-faults';
import type { ChaosStack } from './chaos-stack';
import { HostSwitch } from './host-switch';
import type { Network } from './network';
import { secondHostRefusal } from './second-host';
import type { Tally } from './tally';
import type { TcpProxy } from '../../support/tcp-proxy';

/** A write of a conversation, alone or in a transaction. */
const SAVE = /(PUT|POST|PATCH|MERGE) \S*\/Conversations[(\s]/;
/** Long enough to hurt, short enough for the app's time limits. */
const SLOW_MS = 700;
/** Most, so that of the pushes of one change some arrive and some do not. */
const REFUSED_PUSHES = 0.8;
/** A kill that waits for a save gives up when there is none. On a machine that is busy with something else they are rare. */
const SAVE_LIMIT_MS = 60_000;

export interface Scene {
  readonly chaos: ChaosStack;
  readonly network: Network;
  readonly tally: Tally;
  readonly note: (what: string) => void;
  /** Something that must not happen to a stack has happened. */
  readonly violated: (what: string) => void;
}

/** Plays the faults of a stack; resolves when the last one is over and everything is up again. */
export async function playStackFaults(faults: readonly StackFault[], scene: Scene): Promise<void> {
  const hostSwitch = new HostSwitch(scene.chaos.stack.host);
  await Promise.all(
    faults.map(async (fault) => {
      await delay(fault.at);
      await play(fault, scene, hostSwitch);
    }),
  );
}

async function play(fault: StackFault, scene: Scene, hostSwitch: HostSwitch): Promise<void> {
  const { chaos, network, tally, note } = scene;
  const during = async (forMs: number, begin: () => void, end: () => void): Promise<void> => {
    tally.add(fault.kind);
    note(`${fault.kind} begins`);
    begin();
    await delay(forMs);
    end();
    note(`${fault.kind} is over`);
  };
  switch (fault.kind) {
    case 'host killed':
      tally.add(fault.kind);
      note(fault.kind);
      await hostSwitch.killFor(fault.forMs);
      return note('host is up again');
    case 'worker restarted':
      tally.add(fault.kind);
      note(fault.kind);
      // A host that is killed meanwhile takes its worker with it.
      await chaos.stack.host.restartWorker(fault.forMs).catch(() => undefined);
      return note('the worker is back');
    case 'host starved': {
      let isOver = false;
      const starving = starve(chaos.stack.host, () => isOver);
      await during(
        fault.forMs,
        () => undefined,
        () => void (isOver = true),
      );
      return starving;
    }
    case 'everything down': {
      const { tables, taskHub, stack } = chaos;
      const set = (isUp: boolean) => {
        tables.mode = taskHub.mode = isUp ? 'forward' : 'refuse';
        stack.webPubSub.control.setRestAvailable(isUp);
      };
      const hostIsUp = hostSwitch.killFor(fault.forMs);
      await during(
        fault.forMs,
        () => set(false),
        () => set(true),
      );
      await hostIsUp;
      return note('host is up again');
    }
    case 'host killed between save and effect':
      if (!(await killedAtSave(chaos.tables, () => hostSwitch.killFor(fault.forMs), note))) return;
      tally.add(fault.kind);
      return note('host is up again');
    case 'storage refuses':
    case 'storage slow': {
      const { tables, taskHub } = chaos;
      const wires = fault.of === 'both' ? [tables, taskHub] : [fault.of === 'tables' ? tables : taskHub];
      const set = (mode: TcpProxy['mode']) => () => wires.forEach((wire) => (wire.mode = mode));
      const bad = fault.kind === 'storage refuses' ? 'refuse' : { slowMs: SLOW_MS };
      return during(fault.forMs, set(bad), set('forward'));
    }
    case 'service unreachable': {
      const { control } = chaos.stack.webPubSub;
      const set = (available: boolean) => () => control.setRestAvailable(available);
      return during(fault.forMs, set(false), set(true));
    }
    case 'pushes fail': {
      const { faults } = chaos.stack.webPubSub.control;
      const random = randomOf('pushes fail', fault.at, fault.forMs);
      const refuse = () => random.chance(REFUSED_PUSHES) && (tally.add('push refused'), true);
      return during(
        fault.forMs,
        () => void (faults.refuseSend = refuse),
        () => void delete faults.refuseSend,
      );
    }
    case 'all webhooks lost':
      return during(
        fault.forMs,
        () => void (network.allLost = true),
        () => void (network.allLost = false),
      );
    case 'second host': {
      tally.add(fault.kind);
      const refusal = await secondHostRefusal(chaos.storage);
      note(`second host: ${refusal ?? 'it has started'}`);
      if (!/already runs the task hub/.test(refusal ?? '')) {
        scene.violated(`a second host was not refused: ${refusal ?? 'it has started'}`);
      }
    }
  }
}

/** Too short to be noticed as a process that stood still. */
const FROZEN_MS = 250;
const RUNNING_MS = 50;

async function starve(host: ChaosStack['stack']['host'], isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    host.freeze(true);
    await delay(FROZEN_MS);
    host.freeze(false);
    await delay(RUNNING_MS);
  }
}

/** Whether a save came. The host dies when it is stored and before its answer arrives. */
function killedAtSave(
  tables: TcpProxy,
  kill: () => Promise<void>,
  note: (what: string) => void,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => {
      tables.loseAnswerTo = undefined;
      tables.onAnswerLost = undefined;
      resolve(false);
    }, SAVE_LIMIT_MS);
    tables.loseAnswerTo = SAVE;
    tables.onAnswerLost = () => {
      clearTimeout(giveUp);
      note('host killed between save and effect');
      kill().then(() => resolve(true), reject);
    };
  });
}
