import { expect, it, jest } from '@jest/globals';
import { emptyReport } from '../../../shared/reconciliation/report';
import { startTelemetry } from '../../../shared/telemetry/telemetry-sdk';

it('what a run of reconciliation has seen is sent once, and what adds up again, for Prometheus, too [R366]', async () => {
  const sent: string[] = [];
  jest
    .spyOn(console, 'dir')
    .mockImplementation((metric: { descriptor: { name: string } }) => void sent.push(metric.descriptor.name));
  const { reconciled, flush } = startTelemetry({
    serviceName: 'test',
    metrics: { exporter: 'console', every: 3_600_000, temporality: 'cumulative' },
  });
  reconciled({ ...emptyReport(50, 0), away: 50, checked: 1 });
  await flush();
  expect(sent.splice(0)).toEqual([
    'chat.disconnect.running',
    'chat.disconnect.reconciliation.compared',
    'chat.disconnect.reconciliation.due',
    'chat.disconnect.reconciliation.behind',
  ]);
  // Another process runs from now on.
  await flush();
  expect(sent).toEqual(['chat.disconnect.reconciliation.compared']);
});
