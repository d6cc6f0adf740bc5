import { startFunctionsHost } from '../../../local/functions-host';
import { localSettingsFile } from '../../../local/stack/settings';
import { ROOT } from '../../../local/stack/stack';

/** Why a second host on the task hub does not start; undefined when it did, which nothing may allow. */
export async function secondHostRefusal(
  storage: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  try {
    const host = await startFunctionsHost({
      appDirectory: ROOT,
      env: { ...storage, LOCAL_FUNCTION_KEY: 'second', LOCAL_MASTER_KEY: 'second' },
      settings: localSettingsFile(ROOT),
    });
    await host.stop();
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}
