import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DURABLE_BACKENDS, hostJsonFor } from '../../scripts/package/host-json';
import { createVisitorNumbers } from '../../shared/access/caller-guard';
import { AccessDeniedError, ContentionError } from '../../shared/app/errors';
import { createLogger, type Logger } from '../../shared/app/log';
import type { PastDisconnection } from '../../shared/conversation/conversation';
import { MINUTE, parseIsoDuration } from '../../shared/conversation/time';
import { createActivities } from '../../shared/deadlines/deadline-activities';
import { reconcile } from '../../shared/reconciliation/reconcile-service';
import { actsOf, emptyReport, type ReconcileReport } from '../../shared/reconciliation/report';
import { createEraser, type EraseDependencies } from '../../shared/personal-data/erase-service';
import { createSettingsSource } from '../../shared/policies/settings-service';
import { DEFAULTS } from '../support/domain/policies';
import { MemorySettings } from '../support/memory-settings';
import { CALL } from '../support/service';
import { maintain } from '../../shared/reconciliation/maintenance-service';
import { METRICS } from '../../shared/telemetry/figures';
import { compiledInfra, predicted, readCompiled } from '../support/compiled-infra';
import type * as recorder from '../support/functions-core';
import { recordedFunctions } from '../support/functions-core';
import { analyse } from '../support/kusto';
import { dependenciesOf, ID, pastTheDeadline } from '../unit/application/scene';
import { call, eventHeaders, HUB, request } from '../unit/handlers/request';
import { scene as handlersScene } from '../unit/handlers/scene';
import { loadFunctions, ROOT, SETTINGS } from './functions-app';
import { matches, read } from './text';

jest.mock(
  '@azure/functions-core',
  () => jest.requireActual<typeof recorder>('../support/functions-core').functionsCore,
  { virtual: true },
);

// What watches the product is held to what the product does: its log lines, its functions, its statuses.

const QUERIES = Object.fromEntries(
  readdirSync(join(ROOT, 'infra', 'queries')).map((file) => [
    file.replace(/\.kql$/, ''),
    read(`infra/queries/${file}`),
  ]),
);
interface WorkbookItem {
  readonly name: string;
  readonly content: { readonly query?: string };
}
const WORKBOOK = JSON.parse(read('infra/workbook.json')) as { readonly items: readonly WorkbookItem[] };
const TILES = Object.fromEntries(
  WORKBOOK.items
    .filter(({ content }) => content.query !== undefined)
    .map(({ name, content }) => [`workbook: ${name}`, content.query!]),
);
const DOCUMENTED = Object.fromEntries(
  matches(read('docs/OPERATIONS.md'), /^```kusto\n(.*?)^```/gms).map((query, index) => [
    `docs/OPERATIONS.md: query ${index + 1}`,
    query,
  ]),
);
const EVERY_QUERY = Object.entries({ ...QUERIES, ...TILES, ...DOCUMENTED });

/** The texts that a query tells lines by. */
const startsIn = (query: string): string[] => matches(query, /\bMessage !?startswith '([^']+)'/g);

/** Real log lines: of an end, of runs of reconciliation, of dead letters. */
let lines: string[] = [];

async function collectLines(): Promise<string[]> {
  const collected: string[] = [];
  const keep = (line: unknown) => void collected.push(String(line));
  const logger = createLogger({ info: keep, warn: keep, error: keep });
  const made = await pastTheDeadline();
  const deps = dependenciesOf(made, logger);
  const { reachDeadline, fileDeadLetter } = createActivities(deps);
  const input = { conversationId: ID, kind: 'disconnection', number: 2, deadline: '' } as const;
  await reachDeadline(input);
  await fileDeadLetter(input);
  made.world.spoiled.set(ID, 'unreadable');
  await reachDeadline({ ...input, number: 3 });
  await reconcile(deps);
  const store = new MemorySettings();
  store.isUnreadable = true;
  const now = () => 0;
  await createSettingsSource({ store, base: DEFAULTS, now, loggerOf: () => logger }).current(CALL);
  await maintain([{ name: 'good', run: async () => ({ removed: 1, left: 0, done: true }) }], deps);
  await maintain([{ name: 'bad', run: () => Promise.reject(new Error('bad')) }], deps).catch(() => undefined);
  await collectLinesOfAnErasure(logger);
  await collectLinesOfTheEdge(logger);
  return collected;
}

/** Of an erasure that is begun and does not come to its end. */
async function collectLinesOfAnErasure(logger: Logger): Promise<void> {
  const { service } = handlersScene();
  const erasures = {
    unfinished: async () => [{ conversationId: ID, because: 'request', begunAt: 0, timers: {}, holds: [] }],
    find: () => Promise.reject(new ContentionError(3)),
    removeTombstones: async () => 0,
  } as unknown as EraseDependencies['erasures'];
  const { customers, workList, participants } = handlersScene().world;
  const eraser = createEraser({
    ...{ erasures, customers, workList, participants, forget: [] },
    conversations: () => service,
    timerTraces: () => ({ remove: async () => 'removed' }),
    now: () => 0,
    loggerOf: () => logger,
  });
  await eraser(CALL).finishErasures();
}

/** Of an event that is accepted, of some that do not fit the settings, of one with contention, and of a ticket. */
async function collectLinesOfTheEdge(logger: Logger): Promise<void> {
  const services = {
    ...handlersScene().deps,
    loggerOf: () => logger,
    visitorNumber: createVisitorNumbers('a-signing-key-of-at-least-32-characters', Date.now),
    heard: () => true,
    guard: async () => undefined,
    hub: HUB,
  };
  const send = (parts: Parameters<typeof eventHeaders>[0], body: unknown, more: object = {}) =>
    call('web-pubsub-events', request({ headers: eventHeaders(parts), body }), { ...services, ...more });
  await send({ name: 'connect' }, { query: {} });
  await send({ hub: 'another' }, {});
  await send({}, {}, { guard: () => Promise.reject(new AccessDeniedError(401, 'no')) });
  const contended = () => ({ receive: () => Promise.reject(new ContentionError(3)) });
  await send({}, {}, { conversations: contended });
  await call('negotiate', request({ headers: { 'x-forwarded-for': '203.0.113.7' } }), services);
}

const fieldsOf = (line: string) => JSON.parse(line.slice(line.indexOf('{'))) as Record<string, unknown>;

beforeAll(async () => {
  Object.assign(process.env, SETTINGS);
  await loadFunctions();
  lines = await collectLines();
});

describe('the parser of the query language', () => {
  it('finds a column that there is not, and one that is compared with something of another type', () => {
    expect(analyse("AppTraces | where Mesage startswith 'a'").findings).toHaveLength(1);
    expect(analyse('AppTraces | where TimeGenerated > 5').findings).toHaveLength(1);
    expect(analyse('AppTraces |').findings).toHaveLength(1);
    expect(analyse('AppTraces | count')).toEqual({ findings: [], columns: ['Count'] });
  });
});

describe('every query', () => {
  it.each(EVERY_QUERY)('%s is one that the workspace understands', (_name, query) => {
    expect(analyse(query).findings).toEqual([]);
  });

  it('looks for lines that the app logs', () => {
    const starts = new Set(EVERY_QUERY.flatMap(([, query]) => startsIn(query)));
    expect([...starts].sort()).toEqual([
      'dead-letter: a deadline keeps failing ',
      'dead-letter: opened ',
      'deadline: reached ',
      'erasure: not finished ',
      'negotiate: admitted ',
      'purge: done ',
      'purge: failed ',
      'reconcile: done ',
      'settings: the stored policies cannot be read ',
      'web-pubsub-events: accepted ',
      'web-pubsub-events: contention ',
      'web-pubsub-events: refused a request that cannot be understood ',
      'web-pubsub-events: refused a request that is not allowed ',
    ]);
    const unknown = [...starts].filter((start) => !lines.some((line) => line.startsWith(`${start}{`)));
    expect(unknown).toEqual([]);
  });

  const readers = EVERY_QUERY.filter(([, query]) => query.includes('parse_json('));
  it.each(readers)('%s takes from a line what is in it', (_name, query) => {
    const starts = startsIn(query);
    const [object] = matches(query, /(\w+) = parse_json\(/g);
    const asked = matches(query, new RegExp(`\\b${object}\\.(\\w+)`, 'g'));
    expect(asked).not.toEqual([]);
    const found = lines.filter((line) => starts.some((start) => line.startsWith(start)));
    for (const line of found) expect(Object.keys(fieldsOf(line))).toEqual(expect.arrayContaining(asked));
    // The JSON is read from where the text of the line ends.
    const cut = matches(query, /substring\(Message, (strlen\('[^']+'\)|indexof\(Message, '\{'\))\)/g);
    const [ending] = starts.length === 1 ? [`strlen('${starts[0]}')`] : ["indexof(Message, '{')"];
    expect(cut).toEqual([ending]);
  });

  it('names functions that there are', () => {
    const ofFunctions = EVERY_QUERY.filter(([, query]) => !query.startsWith('AppMetrics'));
    const named = ofFunctions.flatMap(([, query]) => [
      ...matches(query, /\bName [!=]= '([^']+)'/g),
      ...matches(query, /\bName in \(([^)]+)\)/g).flatMap((list) => matches(list, /'([^']+)'/g)),
      ...matches(query, /prop__functionName\) == '([^']+)'/g),
    ]);
    const names = [
      'conversation-deadline',
      'finish-erasures',
      'negotiate',
      'negotiate-agent',
      'negotiate-customer',
      'reconcile',
      'web-pubsub-events',
    ];
    expect([...new Set(named)].sort()).toEqual(names);
    expect(recordedFunctions().map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });
});

describe('metrics', () => {
  const queries = EVERY_QUERY.map(([, query]) => query).filter((query) => query.startsWith('AppMetrics'));

  it('that the workbook and OPERATIONS ask for are there, with their attributes [R359]', () => {
    const asked = queries.flatMap((query) => matches(query, /'(chat\.disconnect\.[a-z_.]+)'(?!\])/g));
    expect(queries.length).toBeGreaterThan(5);
    expect([...new Set(asked)].filter((name) => !(name in METRICS))).toEqual([]);
    const attributes = queries.flatMap((query) => matches(query, /Properties\['([^']+)'\]/g));
    expect(new Set(attributes).size).toBeGreaterThan(2);
    const source = read('shared/telemetry/figures.ts');
    expect(attributes.filter((name) => !source.includes(`'${name}': `))).toEqual([]);
    const OUTCOMES = ['reconnected', 'expired', 'ended'] satisfies PastDisconnection['outcome'][];
    const outcomes = queries.flatMap((query) => matches(query, /outcome == '([^']+)'/g));
    expect([...new Set(outcomes)].sort()).toEqual([...OUTCOMES].sort());
  });

  it('are all in the table of OPERATIONS, with their units, and no others [R359]', () => {
    const [, section = ''] = read('docs/OPERATIONS.md').split(/^## Metrics$/m);
    const rows = [...section.split(/^## /m)[0]!.matchAll(/^\| `(chat\.\S+)` \| `(\S+)` \|/gm)];
    expect(rows.map(([, name, unit]) => [name, unit])).toEqual(
      Object.entries(METRICS).map(([name, { unit }]) => [name, unit]),
    );
  });

  it('are named as OpenTelemetry names them: lower case, dots between, no unit and no "total" in the name [R359]', () => {
    for (const [name, { kind, unit }] of Object.entries(METRICS)) {
      expect(name).toMatch(/^chat\.disconnect(\.[a-z]+(_[a-z]+)*)+$/);
      expect(name).not.toMatch(/total|seconds|_s$|count$/);
      expect([name, unit]).toEqual([name, expect.stringMatching(/^(s|\{[a-z]+\})$/)]);
      if (kind === 'histogram') expect([name, unit]).toEqual([name, 's']);
    }
  });
});

describe('the alert of the nightly removals', () => {
  it('[R228] knows every step that there is: one that never runs has no line', () => {
    const steps = matches(read('shared/app/composition.ts'), /\bname: '([\w-]+)',\s*run:/g);
    const [listed = ''] = matches(QUERIES['purge-behind']!, /datatable\(step: string\)\[([^\]]+)\]/g);
    expect(steps.length).toBeGreaterThan(3);
    expect(matches(listed, /'([^']+)'/g).sort()).toEqual(steps.sort());
  });
});

describe('the log', () => {
  const { logging } = JSON.parse(read('host.json')) as {
    logging: {
      logLevel: Record<string, string>;
      applicationInsights: { samplingSettings: { isEnabled: boolean; excludedTypes: string } };
    };
  };

  it('is not thinned out where queries count it', () => {
    const { excludedTypes } = logging.applicationInsights.samplingSettings;
    expect(excludedTypes.split(';')).toEqual(expect.arrayContaining(['Request', 'Trace']));
  });

  /** The level from which on a category is written: that of the longest name which it begins with, be it amid a word. */
  const levelOf = (category: string) => {
    const names = Object.keys(logging.logLevel).filter((name) => category.startsWith(name));
    return logging.logLevel[names.sort((one, other) => other.length - one.length)[0] ?? 'default'];
  };

  it('has what queries and people look for: the lines of all functions but the orchestrator, which has none, and requests', () => {
    // Lines of functions are of the category Function.<name>.User, requests of Host.Results.
    const functions = recordedFunctions().map(({ name }) => name);
    const quiet = functions.filter((name) => levelOf(`Function.${name}.User`) !== 'Information');
    expect(quiet).toEqual(['conversation-deadline']);
    expect(functions).toEqual(expect.arrayContaining(['reach-deadline', 'reconcile', ...quiet]));
    expect(levelOf('Host.Results')).toBe('Information');
  });

  it.each([
    ['the requests and answers of the host to its storage', 'Azure.Core'],
    ['every step of every timer, in extensions since 3.19', 'Function.conversation-deadline.User'],
    ['the same, in older ones', 'Host.Triggers.DurableTask'],
    ['the engine', 'DurableTask.AzureStorage'],
    ['the engine', 'DurableTask.Core'],
  ])('is not flooded by %s, and keeps their warnings and failures: %s', (_what, category) => {
    expect(levelOf(category)).toBe('Warning');
    expect(logging.logLevel).toHaveProperty([category]);
  });

  it.each(DURABLE_BACKENDS)('is the same in the package for %s', (backend) => {
    expect(JSON.parse(hostJsonFor(backend, read('host.json')))).toMatchObject({ logging });
  });
});

describe('the figures of reconciliation', () => {
  const report = emptyReport(0, 0);
  const figures = Object.keys(report) as (keyof ReconcileReport)[];
  const shown = Object.values(TILES).join('\n');

  it('are all in the workbook', () => {
    expect(figures.filter((figure) => !shown.includes(`run.${figure}`))).toEqual([]);
  });

  it('that are acts stand in one chart', () => {
    const acts = figures.filter((figure) => actsOf({ ...report, [figure]: 1 }) > 0);
    expect(matches(TILES['workbook: What reconciliation did']!, /run\.(\w+)/g)).toEqual(acts);
  });
});

describe('refusals by the webhook', () => {
  /** Whether the two alerts count the line of this refusal. */
  const isCounted = (line: string) =>
    line.startsWith('web-pubsub-events: refused a request that is not allowed ') ||
    (line.startsWith('web-pubsub-events: refused a request that cannot be understood ') &&
      line.includes('"fault":"settings"'));
  const told = async (parts: Parameters<typeof eventHeaders>[0], body: unknown, more: object = {}) => {
    const written: string[] = [];
    const keep = (line: unknown) => void written.push(String(line));
    const logger = createLogger({ info: keep, warn: keep, error: keep });
    const services = {
      ...handlersScene().deps,
      loggerOf: () => logger,
      guard: async () => undefined,
      hub: HUB,
    };
    const asked = request({
      headers: { ...eventHeaders(parts), ...(more as { headers?: object }).headers },
      body,
    });
    const { status } = await call('web-pubsub-events', asked, { ...services, ...more });
    return { status, counted: written.filter(isCounted).length };
  };

  it.each<[string, Parameters<typeof eventHeaders>[0], unknown, object, number]>([
    ['of another hub', { hub: 'another' }, {}, {}, 404],
    ['with the wrong key', {}, {}, { guard: () => Promise.reject(new AccessDeniedError(401, 'no')) }, 401],
    ['of another service', {}, {}, { guard: () => Promise.reject(new AccessDeniedError(403, 'no')) }, 403],
    ['of a user that was not issued', { userId: 'somebody' }, {}, {}, 400],
    ['of an unknown kind', { name: 'streamed', kind: 'sys' }, {}, {}, 400],
    [
      'whose body was dropped',
      { name: 'connect' },
      undefined,
      { headers: { 'transfer-encoding': 'chunked' } },
      411,
    ],
  ])('[R174] %s alert somebody, whatever the status', async (_what, parts, body, more, status) => {
    await expect(told(parts, body, more)).resolves.toEqual({ status, counted: 1 });
  });

  it.each<[string, Parameters<typeof eventHeaders>[0], unknown, number]>([
    ['a socket URL that was changed', { name: 'connect' }, { query: { name: ['x'.repeat(5_000)] } }, 400],
    ['a handshake of a huge query', { name: 'connect' }, { query: { name: ['x'.repeat(200_000)] } }, 413],
    ['a frame that is too large', { name: 'message' }, { text: 'x'.repeat(1_100_000) }, 413],
    ['a message that is none', { name: 'message' }, { text: 5 }, 200],
    ['an event that there is not', { name: 'dance' }, {}, 200],
  ])('[R174] of what a visitor sends alert nobody: %s', async (_what, parts, body, status) => {
    await expect(told(parts, body)).resolves.toEqual({ status, counted: 0 });
  });
});

const { problem, describeCompiled } = compiledInfra();

describeCompiled('compiled', () => {
  interface Rule {
    readonly description: string;
    readonly severity: number;
    readonly scopes: readonly string[];
    readonly evaluationFrequency: string;
    readonly windowSize: string;
    readonly criteria: { readonly allOf: readonly { query: string; metricMeasureColumn: string }[] };
    readonly actions: { readonly customProperties: { readonly runbook: string } };
  }
  const rules = () =>
    predicted('Microsoft.Insights/scheduledQueryRules').map(({ name, properties }) => ({
      name,
      ...(properties as unknown as Rule),
    }));
  const minutes = (duration: string) => parseIsoDuration(duration)! / MINUTE;
  const workspaceId = () => predicted('Microsoft.OperationalInsights/workspaces')[0]!.id;

  it('has no error and no warning', () => {
    expect(problem).toBe('');
  });

  describe('every alert', () => {
    it('has its query, of which it measures a column', () => {
      expect(
        rules()
          .map(({ name }) => name)
          .sort(),
      ).toEqual(Object.keys(QUERIES).sort());
      for (const { name, scopes, criteria } of rules()) {
        expect(scopes).toEqual([workspaceId()]);
        expect(criteria.allOf.map(({ query }) => query)).toEqual([QUERIES[name]]);
        expect(analyse(QUERIES[name]!).columns).toEqual([criteria.allOf[0]!.metricMeasureColumn]);
      }
    });

    it('says how bad it is, and looks at every moment again ten minutes later, when its logs have arrived', () => {
      for (const { severity, evaluationFrequency, windowSize } of rules()) {
        expect([1, 2, 3]).toContain(severity);
        expect(minutes(windowSize) - minutes(evaluationFrequency)).toBeGreaterThanOrEqual(10);
      }
    });

    it('leads to what to do', () => {
      const sections = read('docs/OPERATIONS.md').split(/^### /m).slice(1);
      for (const { name, severity, windowSize, description, actions } of rules()) {
        const runbook = `docs/OPERATIONS.md#${name}`;
        expect(description).toMatch(new RegExp(`^.{40,} What to do: ${runbook}$`));
        expect(actions.customProperties).toEqual({ runbook });
        const section = sections.find((text) => text.startsWith(`${name}\n`));
        expect(section).toContain(`Severity ${severity}, over ${minutes(windowSize)} minutes.`);
        for (const part of ['**Means.**', '**Look at.**', '**Do.**']) expect(section).toContain(part);
      }
    });

    it('is sent to the addresses that there are, and there is no group without any', () => {
      type Nested = {
        resources: Record<string, { properties: { template: { resources: Record<string, Group> } } }>;
      };
      type Group = { type: string; condition?: string; properties: { actions?: { actionGroups: string } } };
      const { alerts, actionGroup } =
        readCompiled<Nested>('main.json').resources['alerts']!.properties.template.resources;
      expect(actionGroup).toMatchObject({
        type: 'Microsoft.Insights/actionGroups',
        condition: "[not(empty(parameters('emails')))]",
      });
      expect(alerts!.properties.actions!.actionGroups).toMatch(/^\[if\(empty\(parameters\('emails'\)\)/);
      expect(predicted('Microsoft.Insights/actionGroups')).toEqual([]);
    });
  });

  describe('diagnostic settings', () => {
    type Categories = readonly { readonly category: string; readonly enabled: boolean }[];
    const kept = () =>
      Object.fromEntries(
        predicted('Microsoft.Insights/diagnosticSettings').map(({ id, properties }) => {
          const { logs = [], metrics = [] } = properties as { logs?: Categories; metrics?: Categories };
          const [, account, service] =
            /([a-z-]+?)[a-z0-9]{13}(?:\/(\w+)\/default)?\/providers\/[^/]+\/diag/i.exec(id)!;
          const enabled = [...logs, ...metrics].filter((one) => one.enabled).map(({ category }) => category);
          return [[account, service].filter(Boolean).join(' '), enabled];
        }),
      );

    it('keep what nothing else tells, and no row for each request', () => {
      expect(kept()).toEqual({
        'func-chat-': ['AllMetrics'],
        'kv-chat-': ['AuditEvent'],
        'stchat tableServices': ['StorageDelete', 'Transaction'],
        'sthost blobServices': ['StorageWrite', 'StorageDelete'],
        'sthost queueServices': ['Transaction'],
        'sthost tableServices': ['Transaction'],
        'wps-chat-': ['ConnectivityLogs'],
      });
    });

    it('are there for every resource that holds or moves data, and lead to the workspace', () => {
      const holding = [
        'Microsoft.KeyVault/vaults',
        'Microsoft.SignalRService/webPubSub',
        'Microsoft.Storage/storageAccounts',
        'Microsoft.Web/sites',
      ].flatMap(predicted);
      const settings = predicted('Microsoft.Insights/diagnosticSettings');
      expect(
        holding.filter(({ id }) => !settings.some((setting) => setting.id.startsWith(`${id}/`))),
      ).toEqual([]);
      for (const { properties } of settings) expect(properties['workspaceId']).toBe(workspaceId());
    });
  });

  it('the workbook is that of the sources, and looks into the workspace', () => {
    const [workbook] = predicted('Microsoft.Insights/workbooks');
    expect(JSON.parse(String(workbook!.properties['serializedData']))).toEqual({
      ...WORKBOOK,
      fallbackResourceIds: [workspaceId()],
    });
    expect(workbook!.name).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});
