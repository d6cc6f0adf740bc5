import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ownAccount } from '../../local/stack/shared-azurite';
import { ROOT } from '../../local/stack/stack';
import { bundleApp } from '../../scripts/package/bundle';
import { compiledFunctions } from '../../scripts/package/compiled-functions';
import { startLocalSystem } from '../e2e/local-system';
import { playAll, type Verdict } from '../e2e/play';
import { dropsWhenActive } from '../e2e/scenarios/drops-when-active';
import { enterWorld, leaveWorld } from '../e2e/world';
import { SETTINGS } from '../contract/functions-app';
import { type MetricName, METRICS } from '../../shared/telemetry/figures';

interface SpanSent {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

interface MetricSent {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly aggregationTemporality: number; readonly dataPoints: readonly PointSent[] };
  readonly gauge?: { readonly dataPoints: readonly PointSent[] };
  readonly histogram?: { readonly dataPoints: readonly PointSent[] };
}
interface PointSent {
  readonly attributes: SpanSent['attributes'];
  readonly asDouble?: number;
  readonly count?: number;
  readonly sum?: number;
}

/** A collector: takes OTLP over HTTP; or keeps the first that sends something waiting for seconds, and then goes away. */
async function startCollector({ answers }: { answers: boolean }) {
  const spans: SpanSent[] = [];
  const metrics: MetricSent[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (!answers) {
      server.close();
      setTimeout(() => server.closeAllConnections(), 2_000);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { resourceSpans = [], resourceMetrics = [] } = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans?: { scopeSpans: { spans: SpanSent[] }[] }[];
        resourceMetrics?: { scopeMetrics: { metrics: MetricSent[] }[] }[];
      };
      metrics.push(
        ...resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((one) => one.metrics)),
      );
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metrics,
    requests: () => requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Plays a loss and an end, and stops the system. */
async function play(settings: Record<string, string>, appDirectory: string): Promise<Verdict> {
  const { connectionString: storageConnectionString } = ownAccount();
  const system = await startLocalSystem({ grace: 'PT3S', settings, appDirectory, storageConnectionString });
  try {
    const world = await enterWorld(system.worldOptions);
    try {
      return await playAll([dropsWhenActive], world)[0]!;
    } finally {
      await leaveWorld(world);
    }
  } finally {
    await system.stop();
  }
}

/** One bundle, as it is deployed: libraries that patch modules do nothing in it. */
let target: string;

beforeAll(async () => {
  target = mkdtempSync(join(tmpdir(), 'chat-disconnect-telemetry-'));
  await bundleApp(ROOT, target);
});
afterAll(() => rmSync(target, { recursive: true, force: true }));

describe('with a collector', () => {
  it('one trace goes from the webhook over tables and the timer to the activity and its pushes, without names or texts [R330 R331]', async () => {
    const collector = await startCollector({ answers: true });
    try {
      const verdict = await play({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, target);
      expect(verdict).toMatchObject({ outcome: 'ok' });
    } finally {
      collector.close();
    }
    const { spans } = collector;
    const end = spans.find(
      ({ name, attributes }) =>
        name === 'reach-deadline' &&
        attributes.some(({ value }) => String(value['stringValue']).endsWith('.disconnection.2')),
    );
    const story = spans.filter(({ traceId }) => traceId === end?.traceId);
    const webhook = story.find(({ name }) => name === 'web-pubsub-events');
    const below = (parent: SpanSent | undefined): string[] => {
      const own = story.filter(({ parentSpanId }) => parentSpanId === parent?.spanId);
      return own.flatMap((span) => [span.name, ...below(span)]);
    };
    expect(webhook).toBeDefined();
    const names = below(webhook);
    expect(names).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Table\w*\./),
        'reach-deadline',
        expect.stringMatching(/^WebPubSub\w*\./),
      ]),
    );
    expect(below(end).some((name) => name.startsWith('WebPubSub'))).toBe(true);
    expect(below(end).some((name) => name.startsWith('Table'))).toBe(true);

    const told = new Set(spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)));
    expect([...told].filter((key) => /url|target|name$|peer|address/.test(key))).toEqual(['faas.name']);
    expect(JSON.stringify(spans)).not.toMatch(
      /My order|How can I help|access_token|[?&]code=|eyJ|AccountKey/,
    );
  });

  it('the same story is in the metrics, once, without ids, names or texts [R357 R358]', async () => {
    const collector = await startCollector({ answers: true });
    try {
      const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_METRIC_EXPORT_INTERVAL: '1000' };
      expect(await play(settings, target)).toMatchObject({ outcome: 'ok' });
    } finally {
      collector.close();
    }
    const { metrics } = collector;
    const pointsOf = (name: string) =>
      metrics
        .filter((one) => one.name === name)
        .flatMap(({ sum, gauge, histogram }) => (sum ?? gauge ?? histogram)?.dataPoints ?? []);
    const total = (name: string, attribute?: string) =>
      pointsOf(name)
        .filter(
          ({ attributes }) =>
            !attribute || attributes.some(({ value }) => value['stringValue'] === attribute),
        )
        .reduce((sum, { count, asDouble = 0 }) => sum + (count ?? asDouble), 0);
    expect(total('chat.disconnect.losses')).toBe(1);
    expect(total('chat.disconnect.outcomes', 'expired')).toBe(1);
    expect(total('chat.disconnect.ends', 'customer-disconnected')).toBe(1);
    expect(total('chat.disconnect.lateness')).toBe(1);
    const [late] = pointsOf('chat.disconnect.lateness');
    expect(late?.sum).toBeLessThan(5);
    const units = new Map(metrics.map(({ name, unit }) => [name, unit]));
    for (const [name, unit] of units) expect([name, unit]).toEqual([name, METRICS[name as MetricName].unit]);
    const WORDS = /^[a-z][a-zA-Z-]{1,40}$/;
    const told = metrics.flatMap(({ sum, gauge, histogram }) =>
      (sum ?? gauge ?? histogram)!.dataPoints.flatMap(({ attributes }) => attributes),
    );
    expect(told.filter(({ value }) => !WORDS.test(String(value['stringValue'])))).toEqual([]);
    expect(JSON.stringify(metrics)).not.toMatch(
      /[0-9a-f]{8}-[0-9a-f]{4}|My order|How can I help|eyJ|AccountKey/,
    );
  });

  it('that hangs and then is away, nobody waits, and every answer is right [R332]', async () => {
    const collector = await startCollector({ answers: false });
    try {
      expect(await play({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, target)).toMatchObject({
        outcome: 'ok',
      });
      expect(collector.requests()).toBeGreaterThan(0);
    } finally {
      collector.close();
    }
  });
});

describe('what is loaded', () => {
  const PROBE = `
    process.exit = () => undefined;
    process.stdout.write = () => true;
    process.on('exit', () => {
      const api = globalThis[Symbol.for('opentelemetry.js.api.1')] ?? {};
      const loaded = Object.keys(require.cache);
      const modules = loaded.filter((path) => /opentelemetry.(sdk|core|exporter|resources)/.test(path)).length;
      const figures = loaded.some((path) => /telemetry.figures/.test(path));
      require('node:fs').writeSync(1, JSON.stringify({ traces: 'trace' in api, metrics: 'metrics' in api, modules, figures }));
    });
    require(${JSON.stringify(join(ROOT, 'scripts', 'package', 'load-once.cjs'))});`;
  const loadedBy = (files: readonly string[], more: Record<string, string> = {}): unknown =>
    JSON.parse(
      execFileSync(process.execPath, ['-e', PROBE, 'probe', ...files], {
        env: { ...SETTINGS, ...more },
        encoding: 'utf8',
      }),
    );
  const ON = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };

  it('is nothing of the SDK unless a setting asks for it [R333]', () => {
    const compiled = compiledFunctions(ROOT);
    const NOTHING = { traces: false, metrics: false, modules: 0, figures: false };
    expect(loadedBy(compiled)).toEqual(NOTHING);
    const none = { ...ON, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
    expect(loadedBy(compiled, none)).toEqual(NOTHING);
    const loaded = { modules: expect.any(Number), figures: true };
    expect(loadedBy(compiled, ON)).toEqual({ ...loaded, traces: true, metrics: true });
    expect(loadedBy(compiled, { OTEL_TRACES_EXPORTER: 'console' })).toEqual({
      ...loaded,
      traces: true,
      metrics: false,
    });
    expect(loadedBy(compiled, { OTEL_METRICS_EXPORTER: 'console' })).toEqual({
      ...loaded,
      traces: false,
      metrics: true,
    });
    const bundle = [join(target, 'main.js')];
    expect(loadedBy(bundle)).toEqual(NOTHING);
    expect(loadedBy(bundle, ON)).toEqual({ ...NOTHING, traces: true, metrics: true });
  });
});
