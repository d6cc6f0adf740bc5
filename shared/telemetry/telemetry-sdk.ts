import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpRequest, PreInvocationContext } from '@azure/functions';
import { type Instrumenter, type TracingContext, useInstrumenter } from '@azure/core-tracing';
import {
  type Attributes,
  type Context,
  context,
  defaultTextMapGetter,
  diag,
  metrics as metricsApi,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  ConsoleMetricExporter,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import {
  type Answered,
  type Figure,
  figuresOfAnswer,
  figuresOfChange,
  figuresOfRun,
  type MetricName,
  METRICS,
} from './figures';

/** How long the end of the process waits for a collector, and each export: milliseconds. */
const PATIENCE_MS = 3_000;

/**
 * What a span of a client of Azure may say. Its other attributes are left out: addresses have keys of rows and names of groups
 * in them, and with those ids of agents and customers.
 */
const TOLD_OF_CLIENTS = new Set([
  'az.namespace',
  'http.method',
  'http.status_code',
  'http.request.method',
  'http.response.status_code',
  'http.request.resend_count',
  'requestId',
  'serviceRequestId',
  'az.client_request_id',
  'az.service_request_id',
]);

const KINDS: Readonly<Record<string, SpanKind>> = {
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

type Exporter = 'otlp' | 'console';

export interface TelemetryOptions {
  readonly serviceName: string;
  readonly traces?: {
    readonly exporter: Exporter;
    /** Of traces, from 0 to 1. */
    readonly ratio: number;
  };
  readonly metrics?: {
    readonly exporter: Exporter;
    /** How often they are sent, in milliseconds. */
    readonly every: number;
    readonly temporality: 'delta' | 'cumulative';
  };
}

export interface Telemetry {
  /**
   * For the hook before each invocation: the function runs in the trace of its caller, and is a span of it; what it answers is
   * counted.
   */
  readonly watched: (invocation: PreInvocationContext) => void;
  /** Counts a change that was saved. Never fails. */
  readonly saved: (...change: Parameters<typeof figuresOfChange>) => void;
  /** Counts a run of reconciliation. Never fails. */
  readonly reconciled: (...run: Parameters<typeof figuresOfRun>) => void;
  /** Sends what has not been sent; never fails, and is over after three seconds. */
  readonly flush: () => Promise<void>;
}

/** Starts OpenTelemetry, once in a process. Where the collector is, the exporters read from OTEL_EXPORTER_OTLP_*. */
export function startTelemetry({ serviceName, traces, metrics }: TelemetryOptions): Telemetry {
  // Of each process its own: a metric of two processes is two series, which add up.
  const resource = resourceFromAttributes({
    'service.name': serviceName,
    'service.instance.id': randomUUID(),
  });
  const providers = [
    ...(traces ? [startTraces(traces, resource)] : []),
    ...(metrics ? [startMetrics(metrics, resource)] : []),
  ];
  const record: Recorder = metrics ? recorder() : () => undefined;
  return {
    watched: (invocation) => watched(invocation, record),
    saved: (before, after) => record(() => figuresOfChange(before, after)),
    reconciled: (run) => record(() => figuresOfRun(run)),
    async flush() {
      const enough = pause(PATIENCE_MS, undefined, { ref: false });
      await Promise.race([Promise.allSettled(providers.map((one) => one.forceFlush())), enough]);
    },
  };
}

function startTraces({ exporter, ratio }: NonNullable<TelemetryOptions['traces']>, resource: Resource) {
  const byTraceId = new TraceIdRatioBasedSampler(ratio);
  const provider = new BasicTracerProvider({
    resource,
    // Prevents: a torn trace. A host without telemetry hands on "not sampled" whatever its caller has decided; by its id
    // every part of a trace is decided on alike.
    sampler: new ParentBasedSampler({ root: byTraceId, remoteParentNotSampled: byTraceId }),
    spanProcessors: [
      exporter === 'console'
        ? new SimpleSpanProcessor(new ConsoleSpanExporter())
        : new BatchSpanProcessor(new OTLPTraceExporter({ timeoutMillis: PATIENCE_MS }), {
            exportTimeoutMillis: PATIENCE_MS,
          }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  useInstrumenter(INSTRUMENTER);
  return provider;
}

function startMetrics(
  { exporter, every, temporality }: NonNullable<TelemetryOptions['metrics']>,
  resource: Resource,
) {
  const kept = AggregationTemporality[temporality === 'delta' ? 'DELTA' : 'CUMULATIVE'];
  const sender =
    exporter === 'console'
      ? new ConsoleMetricExporter()
      : new OTLPMetricExporter({ timeoutMillis: PATIENCE_MS });
  // Prevents: a process tells for ever what it saw when it reconciled last, which another one has done since: what is measured is
  // told once, whatever a counter adds up from.
  sender.selectAggregationTemporality = (instrument) =>
    instrument === InstrumentType.GAUGE ? AggregationTemporality.DELTA : kept;
  const provider = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: sender,
        exportIntervalMillis: every,
        exportTimeoutMillis: Math.min(PATIENCE_MS, every),
      }),
    ],
  });
  metricsApi.setGlobalMeterProvider(provider);
  return provider;
}

type Recorder = (figures: () => readonly Figure[]) => void;

function recorder(): Recorder {
  const meter = metricsApi.getMeter(SCOPE);
  const instruments = Object.fromEntries(
    Object.entries(METRICS).map(([name, { kind, unit, says: description, ...more }]) => {
      const options = { unit, description };
      switch (kind) {
        case 'counter': {
          const counter = meter.createCounter(name, options);
          return [name, (value: number, attributes?: Attributes) => counter.add(value, attributes)];
        }
        case 'gauge': {
          const gauge = meter.createGauge(name, options);
          return [name, (value: number, attributes?: Attributes) => gauge.record(value, attributes)];
        }
        default: {
          const advice = 'bounds' in more ? { explicitBucketBoundaries: [...more.bounds] } : {};
          const histogram = meter.createHistogram(name, { ...options, advice });
          return [name, (value: number, attributes?: Attributes) => histogram.record(value, attributes)];
        }
      }
    }),
  ) as { readonly [N in MetricName]: (value: number, attributes?: Attributes) => void };
  return (figures) => {
    try {
      for (const { metric, value, attributes } of figures()) instruments[metric](value, attributes);
    } catch (thrown) {
      // Prevents: what was saved is answered as failed, because it cannot be counted.
      diag.warn('a figure was not counted', thrown instanceof Error ? thrown.name : typeof thrown);
    }
  };
}

const SCOPE = 'chat-disconnect-detection';
const tracer = () => trace.getTracer(SCOPE);

const contextOf = (
  traceparent: string | null | undefined,
  tracestate?: string | null,
): Context | undefined => {
  const found = propagation.extract(
    ROOT_CONTEXT,
    { ...(traceparent && { traceparent }), ...(tracestate && { tracestate }) },
    defaultTextMapGetter,
  );
  return trace.getSpanContext(found) && found;
};

/** A stranger may choose the trace, but not that it is sampled. */
function contextOfCaller(request: HttpRequest): Context | undefined {
  const found = contextOf(request.headers.get('traceparent'));
  const parent = found && trace.getSpanContext(found);
  return (
    parent && trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true, traceFlags: TraceFlags.NONE })
  );
}

function watched(invocation: PreInvocationContext, record: Recorder): void {
  const { invocationContext, functionHandler, inputs } = invocation;
  const { functionName, invocationId, traceContext, triggerMetadata, options } = invocationContext;
  const { type } = options.trigger;
  const isHttp = type === 'httpTrigger';
  const request = isHttp ? (inputs[0] as HttpRequest) : undefined;
  const parent =
    contextOf(traceContext?.traceParent, traceContext?.traceState) ??
    (request && contextOfCaller(request)) ??
    ROOT_CONTEXT;
  if (type === 'orchestrationTrigger') {
    // Replayed at each of its steps: a span for each would tell nothing.
    invocation.functionHandler = (...args) => context.with(parent, () => functionHandler(...args) as unknown);
    return;
  }
  const instanceId = triggerMetadata?.['instanceId'];
  const attributes: Attributes = {
    'faas.name': functionName,
    'faas.invocation_id': invocationId,
    ...(request && { 'http.request.method': request.method }),
    ...(type === 'activityTrigger' &&
      typeof instanceId === 'string' && { 'durabletask.task.instance_id': instanceId }),
  };
  const kind = isHttp ? SpanKind.SERVER : SpanKind.INTERNAL;
  invocation.functionHandler = async (...args) => {
    const span = tracer().startSpan(functionName, { kind, attributes }, parent);
    try {
      const answer: unknown = await context.with(
        trace.setSpan(parent, span),
        () => functionHandler(...args) as unknown,
      );
      if (isHttp) record(() => figuresOfAnswer(functionName, answer as Answered));
      const { status } = (isHttp ? answer : {}) as { status?: number };
      if (status !== undefined) {
        span.setAttribute('http.response.status_code', status);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      }
      return answer;
    } catch (thrown) {
      failed(span, thrown);
      throw thrown;
    } finally {
      span.end();
    }
  };
}

/** The class of an error and no text of it: a text may repeat what somebody has sent. */
function failed(span: Span, thrown: unknown): void {
  if (thrown instanceof Error) span.setAttribute('error.type', thrown.name);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** A context of the API, as the clients of Azure hand it around. */
const asContext = (given: TracingContext | undefined): Context => given ?? context.active();

/** What the clients of Azure call for each of their operations and requests. */
const INSTRUMENTER: Instrumenter = {
  startSpan(name, { spanKind, spanAttributes, tracingContext }) {
    const parent = asContext(tracingContext);
    const span = tracer().startSpan(name, { kind: KINDS[spanKind ?? ''] ?? SpanKind.INTERNAL }, parent);
    const setAttribute = (key: string, value: unknown) => {
      if (TOLD_OF_CLIENTS.has(key) && ['string', 'number', 'boolean'].includes(typeof value)) {
        span.setAttribute(key, value as string | number | boolean);
      }
    };
    for (const [key, value] of Object.entries(spanAttributes ?? {})) setAttribute(key, value);
    return {
      span: {
        setAttribute,
        setStatus: (status) => {
          if (status.status === 'error') failed(span, status.error);
        },
        recordException: (thrown) => failed(span, thrown),
        isRecording: () => span.isRecording(),
        end: () => span.end(),
      },
      tracingContext: trace.setSpan(parent, span),
    };
  },
  withContext: (given, callback, ...args) => context.with(asContext(given), callback, undefined, ...args),
  parseTraceparentHeader: (header) => contextOf(header),
  createRequestHeaders(given) {
    const headers: Record<string, string> = {};
    propagation.inject(asContext(given), headers);
    return headers;
  },
};
