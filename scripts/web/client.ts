/** What the pages ask for nowhere: groups, invocations, another connection or a time limit that the client sees to itself. */
const METHODS = [
  'invokeEvent',
  '_invokeEventAttempt',
  '_mapInvokeResponse',
  '_sendCancelInvocation',
  'joinGroup',
  '_joinGroupAttempt',
  '_joinGroupCore',
  'leaveGroup',
  '_leaveGroupAttempt',
  'sendToGroup',
  '_sendToGroupAttempt',
  '_getOrAddGroup',
  '_safeEmitRejoinGroupFailed',
  '_getTimeoutMonitorTask',
  '_checkKeepAliveTimeout',
  '_autoReconnect',
  '_startFromRestarting',
  '_buildReconnectRetryOptions',
];

/** Where they begin, in the text of the client: each is there once. */
const BLOCKS = [
  ...METHODS.map((name) => `(?:async )?${name}\\(`),
  'class WebPubSubGroup ',
  'if \\(this\\._options\\.autoRejoinGroups\\)',
  'if \\(!this\\._timeoutMonitorTask',
  'if \\(this\\._timeoutMonitorTask\\)',
  'if \\(this\\._options\\.autoReconnect\\)',
  'const handleInvokeResponseMessage',
  'case "invokeResponse"',
  'this\\._invocationManager\\.rejectAll\\(',
  'if \\(err instanceof InvocationError\\)',
];

/** The same for one line of it. */
const LINES = [
  'this\\._reconnectRetryPolicy = ',
  'this\\._buildReconnectRetryOptions\\(',
  'this\\._groupMap = ',
  'this\\._invocationManager = ',
  'import \\{ InvocationManager \\}',
];

/**
 * The Web PubSub client without what the pages do not use: it is one class, of which no tool leaves anything out. Its version is
 * pinned, and a text that has changed fails the build.
 */
export function trimmed(source: string): string {
  const without = (text: string, begin: string, end: string): string => {
    const all = [...text.matchAll(new RegExp(`^( *)${begin}.*\\n${end}`, 'gm'))];
    if (all.length !== 1) throw new Error(`The Web PubSub client has "${begin}" ${all.length} times.`);
    return text.replace(all[0]![0], '');
  };
  let text = source;
  for (const begin of BLOCKS) text = without(text, begin, '(?:.*\\n)*?\\1\\}.*\\n');
  for (const begin of LINES) text = without(text, begin, '');
  // What it would have done instead of another connection; and what it logs, which is texts.
  return text
    .replace(/^( *)else (\{\n +await this\._handleConnectionStopped\(\);\n)/m, '$1$2')
    .replace(/^ *logger\.\w+\([^;]*?\);$/gm, '');
}
