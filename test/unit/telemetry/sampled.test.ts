import { expect, it, jest } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import type { PreInvocationContext } from '@azure/functions';
import { startTelemetry } from '../../../shared/telemetry/telemetry-sdk';

const SAMPLED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

interface Seen {
  readonly traceId: string | undefined;
  readonly isRecorded: boolean | undefined;
}

it('a caller chooses the trace of its request, and not that it is recorded; the host chooses both [R331]', async () => {
  jest.spyOn(console, 'dir').mockImplementation(() => undefined);
  const { watched } = startTelemetry({ serviceName: 'test', traces: { exporter: 'console', ratio: 0 } });
  const play = async (header: string | undefined, traceParent: string): Promise<Seen> => {
    const invocation = {
      inputs: [{ method: 'POST', headers: new Headers(header === undefined ? {} : { traceparent: header }) }],
      invocationContext: {
        functionName: 'negotiate',
        invocationId: 'i-1',
        traceContext: { traceParent },
        options: { trigger: { type: 'httpTrigger' } },
      },
      functionHandler: (): Seen => {
        const span = trace.getActiveSpan();
        return { traceId: span?.spanContext().traceId, isRecorded: span?.isRecording() };
      },
    } as unknown as PreInvocationContext;
    watched(invocation);
    return (await invocation.functionHandler(undefined, invocation.invocationContext)) as Seen;
  };
  const traceId = SAMPLED.split('-')[1];
  expect(await play(SAMPLED, '')).toEqual({ traceId, isRecorded: false });
  expect(await play(undefined, SAMPLED)).toEqual({ traceId, isRecorded: true });
});
