import { z } from 'zod';
import { IF_KNOWN, named } from '../http/fields';
import { DEPENDENCIES, type DEPENDENCY_NAMES, PROBLEMS, Refused } from '../http/problems';
import { answer, route } from '../http/route';
import type { Readiness } from './health-service';

export interface HealthServices {
  readonly readiness: Readiness<(typeof DEPENDENCY_NAMES)[number]>;
}

const HEALTH = named('Health', z.object({ status: z.literal('ok') }));
const READINESS = named('Readiness', z.object({ status: z.literal('ok'), dependencies: DEPENDENCIES }));

const { example, status } = PROBLEMS['not-ready'];

export const HEALTH_ROUTES = [
  route({
    id: 'health',
    method: 'GET',
    path: '/health',
    tag: 'Service',
    summary: 'Whether the app has started with a usable configuration',
    description: 'Liveness: it asks nobody. Whether what the app needs works, too, `readiness` says.',
    access: 'anyone',
    headers: IF_KNOWN,
    // Short: what watches the app wants to know soon.
    keptFor: 5,
    answer: answer('It has.', HEALTH, { status: 'ok' }),
    problems: 'never',
    run: async () => ({ status: 'ok' as const }),
  }),
  route({
    id: 'readiness',
    method: 'GET',
    path: '/health/ready',
    tag: 'Service',
    summary: 'Whether everything that the app needs does its part',
    description:
      'Asks table storage, the task hub and Web PubSub one question each, which changes nothing; whichever has not answered after 3 seconds ' +
      'has failed. An instance asks at most every 5 seconds, whoever comes. For load balancers, which send no more while it is 503. ' +
      'Nothing is ended meanwhile, and the app mends itself: never restart it for this.',
    access: 'anyone',
    durable: true,
    answer: answer('All of it.', READINESS, {
      status: 'ok',
      dependencies: example.dependencies.map(({ name }) => ({ name, status: 'ok' as const, ms: 20 })),
    }),
    problems: ['not-ready'],
    run: async (_input, { readiness }: HealthServices, call) => {
      const dependencies = await readiness(call);
      return dependencies.every((one) => one.status === 'ok')
        ? { status: 'ok' as const, dependencies }
        : new Refused('not-ready', { ...example, dependencies }, status);
    },
  }),
];
