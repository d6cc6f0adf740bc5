import { app } from '@azure/functions';
import { composition } from '../shared/app/composition';

const { telemetry: options } = composition;

if (options !== undefined) {
  // Loaded here and nowhere else: without these settings nothing of the SDK is. If it does not start, that is no reason to
  // answer nobody.
  const started = import('../shared/telemetry/telemetry-sdk.js')
    .then(({ startTelemetry }) => {
      const telemetry = startTelemetry(options);
      composition.watchedBy(telemetry);
      return telemetry;
    })
    .catch((thrown: unknown) => String(thrown));
  app.hook.preInvocation(async (invocation) => {
    const telemetry = await started;
    if (typeof telemetry === 'string') invocation.invocationContext.warn(`telemetry: off ${telemetry}`);
    else telemetry.watched(invocation);
  });
  app.hook.appTerminate(async () => {
    const telemetry = await started;
    if (typeof telemetry !== 'string') await telemetry.flush();
  });
}
