import { app } from '@azure/functions';
import { composition } from '../shared/app/composition';

const { telemetry: options } = composition;

if (options !== undefined) {
  // Loaded here and nowhere else: without these settings nothing of the SDK is.
  const started = import('../shared/telemetry/telemetry-sdk.js').then(({ startTelemetry }) =>
    startTelemetry(options),
  );
  app.hook.preInvocation(async (invocation) => (await started).traced(invocation));
  app.hook.appTerminate(async () => (await started).flush());
}
