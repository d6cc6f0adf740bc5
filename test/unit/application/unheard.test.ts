import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { watchAvailability } from '../../../shared/app/availability';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { signatureGuard } from '../../../shared/web-pubsub/webhook-routes';
import { policies } from '../../support/domain/policies';
import { MemoryWorld } from '../../support/memory-ports';
import { serviceOver } from '../../support/service';
import { ACCESS_KEY, call, eventHeaders, HUB, request } from '../handlers/request';
import { CUSTOMER, scene } from '../handlers/scene';
import { accepted, connect, connected, deadline, disconnected, GRACE, ID } from './scene';

/**
 * Somebody knocks all the time, and the process that acts on the deadline could not hear it, or has not answered yet. Each of
 * these ways once ended the conversation.
 */
const ALLOWANCE = MINUTE + SECOND;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

type Watched = ReturnType<typeof watchAvailability>;

/** A call of a service, as its client's pipeline sees it. */
const through =
  ({ policiesOf }: Watched, service: 'storage' | 'web-pubsub') =>
  async <T>(operation: () => Promise<T>): Promise<T> => {
    const { policy } = policiesOf(service)[0]!;
    const result = operation();
    const headers = { get: () => undefined };
    const status = result.then(
      () => 200,
      () => 503,
    );
    await policy.sendRequest({} as never, async () => ({ status: await status, headers }) as never);
    return result;
  };

/** A process of the app, which has just been loaded, over services that it shares with others. */
function processOf(world: MemoryWorld) {
  const watched = watchAvailability(Date.now);
  const [storage, webPubSub] = [through(watched, 'storage'), through(watched, 'web-pubsub')];
  const { store, participants } = world;
  const service = serviceOver({
    ...world,
    now: Date.now,
    workingSince: watched.workingSince,
    answering: watched.answering,
    store: {
      ...store,
      load: (id) => storage(() => store.load(id)),
      save: (change) => storage(() => store.save(change)),
    },
    participants: { ...participants, presenceOf: (id) => webPubSub(() => participants.presenceOf(id)) },
  });
  /** Other conversations go on. */
  const goesOn = () => storage(async () => undefined);
  return { watched, service, goesOn, reach: (number: number) => service.handle(ID, deadline(number)) };
}

function worldWithAllowance(): MemoryWorld {
  const world = new MemoryWorld();
  world.now = Date.now;
  world.operatorSettings = { policies: policies(), messages: [] };
  return world;
}

/** The customer is lost now, in a conversation that another process has begun. */
async function lost(world = worldWithAllowance()) {
  const { service } = processOf(world);
  await service.handle(ID, connect);
  await service.handle(ID, connected('tab-a', Date.now()));
  await service.handle(ID, accepted());
  jest.advanceTimersByTime(10 * MINUTE);
  await service.handle(ID, disconnected('tab-a', Date.now()));
  return world;
}

const endOf = (world: MemoryWorld) => world.conversation(ID).end;

/** Its sockets are counted by its address. */
const COUNTED = {
  claims: { 'webpubsub.group': ['network.203.0.113.7'] },
};

describe('a customer who knocks all the time is not ended', () => {
  it('by a process that was handed nothing before, though it was loaded long ago [R346]', async () => {
    const world = await lost();
    jest.advanceTimersByTime(GRACE - 74 * SECOND);
    const young = processOf(world);
    jest.advanceTimersByTime(75 * SECOND);
    await expect(young.reach(2)).resolves.toMatchObject({
      outcome: { type: 'not-reached', deadline: Date.now() + ALLOWANCE },
    });
  });

  it('while the socket service was down once more, and only the storage has answered since [R347]', async () => {
    const world = await lost();
    const { reach, goesOn } = processOf(world);
    await goesOn();
    jest.advanceTimersByTime(GRACE + 5 * SECOND);
    await expect(reach(2)).resolves.toMatchObject({ outcome: { type: 'not-reached' } });
    jest.advanceTimersByTime(ALLOWANCE);
    world.fail('presence');
    for (const pause of [5, 10, 20, 40, 60]) {
      await expect(reach(2)).rejects.toThrow('web-pubsub');
      await goesOn();
      jest.advanceTimersByTime(pause * SECOND);
      await goesOn();
    }
    world.recover();
    await expect(reach(2)).resolves.toMatchObject({
      outcome: { type: 'not-reached', deadline: Date.now() + ALLOWANCE },
    });
  });

  it('while it is turned away because no timer can be started: in the last seconds it is let in all the same', async () => {
    const world = worldWithAllowance();
    const { service, goesOn } = processOf(world);
    await goesOn();
    world.fail('start-timer');
    await expect(service.receive(ID, connect)).rejects.toThrow();
    jest.advanceTimersByTime(GRACE - 11 * SECOND);
    await expect(service.receive(ID, connect)).rejects.toThrow();
    jest.advanceTimersByTime(2 * SECOND);
    await expect(service.receive(ID, connect)).resolves.toMatchObject({ outcome: { type: 'admitted' } });
    // The timer cannot be called off, but the record knows of the socket.
    await service.receive(ID, connected('tab-a', Date.now())).catch(() => undefined);
    expect(world.conversation(ID)).toMatchObject({ state: 'Open', liveConnectionIds: ['tab-a'] });
  });

  const headers = eventHeaders({ name: 'connect', userId: `customer.${ID}` });
  it.each([
    ['negotiates', 'negotiate', (bearer: Record<string, string>) => request({ headers: bearer })],
    [
      'is signed in, and negotiates',
      'negotiate-customer',
      () => request({ body: { customerId: 'kim', workstream: 'default' } }),
    ],
    ['asks for its socket', 'web-pubsub-events', () => request({ headers, body: COUNTED })],
  ])('while it %s, and finding out what it comes back to takes seconds [R348]', async (_how, id, asks) => {
    const world = await lost();
    const { watched, goesOn, reach } = processOf(world);
    await goesOn();
    jest.advanceTimersByTime(GRACE - SECOND);
    let goOn = () => undefined as void;
    const held = new Promise<never>((_resolve, reject) => (goOn = () => reject(new Error('given up'))));
    let arrive = () => undefined as void;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const holds = () => (arrive(), held);
    const { deps, bearer } = scene();
    const answer = call(id, asks(await bearer(CUSTOMER)), {
      ...deps,
      answering: watched.answering,
      guard: signatureGuard([ACCESS_KEY]),
      hub: HUB,
      store: { load: holds },
      customers: { conversationsOf: holds },
      sockets: { admit: holds },
    });
    await arrived;
    jest.advanceTimersByTime(2 * SECOND);
    await expect(reach(2)).resolves.toMatchObject({ outcome: { type: 'not-reached' } });
    expect(endOf(world)).toBeUndefined();
    goOn();
    await answer;
  });
});

it('somebody who lets its own answer take for ever puts off an end three times, and no longer [R367]', async () => {
  const world = await lost();
  const { watched, goesOn, reach } = processOf(world);
  await goesOn();
  void watched.answering(() => new Promise<never>(() => undefined));
  jest.advanceTimersByTime(GRACE);
  for (let given = 1; given <= 3; given += 1) {
    await expect(reach(2)).resolves.toMatchObject({ outcome: { type: 'not-reached' } });
    jest.advanceTimersByTime(ALLOWANCE);
  }
  await expect(reach(2)).resolves.toMatchObject({ outcome: { type: 'expired' } });
  expect(endOf(world)).toMatchObject({ reason: 'customer-disconnected' });
});
