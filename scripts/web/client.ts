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
  'off',
  'reset',
  '_changeState',
  '_emitEvent',
  '_safeEmitDisconnected',
  '_safeEmitServerMessage',
  '_safeEmitGroupMessage',
  '_handleConnectionCloseAndNoRecovery',
  '_operationExecuteWithRetry',
  '_safeEmitConnected',
  // The pages give every option, and their protocol.
  '_buildDefaultOptions',
  '_buildMessageRetryOptions',
  '_getWebSocketClientFactory',
];

/** Where they begin, in the text of the client: each is there once. */
const BLOCKS = [
  ...METHODS.map((name) => `(?:async )?${name}\\(`),
  'class WebPubSubGroup ',
  'class RetryPolicy ',
  '\\(function \\(WebPubSubClientState\\)',
  'if \\(options\\) ',
  'if \\(options == null\\)',
  'if \\(typeof this\\._uri !== ',
  'if \\(this\\._options\\.autoRejoinGroups\\)',
  'if \\(!this\\._timeoutMonitorTask',
  'if \\(this\\._timeoutMonitorTask\\)',
  'if \\(Array\\.isArray\\(data\\)\\)',
  'if \\(!Array\\.isArray\\(messages\\)\\)',
  'const handleDisconnectedMessage',
  'const handleServerDataMessage',
  'const handleInvokeResponseMessage',
  'case "disconnected"',
  'case "pong"',
  'case "invokeResponse"',
  'this\\._invocationManager\\.rejectAll\\(',
  'if \\(error instanceof Error\\)',
];

/** The same for one line of it. */
const LINES = [
  'var WebPubSubClientState',
  'let abortSignal;',
  'this\\._sequenceId\\.reset\\(',
  'this\\._isInitialConnected = false',
  'this\\._lastCloseEvent = undefined',
  'this\\._connectionId = undefined',
  'this\\._reconnectionToken = undefined',
  'this\\._uri = undefined',
  'this\\._buildDefaultOptions\\(options',
  'this\\._messageRetryPolicy = ',
  'this\\._obj = ',
  'this\\._reconnectRetryPolicy = ',
  'this\\._groupMap = ',
  'this\\._invocationManager = ',
  'this\\._keepAliveTimeoutInMs = ',
  'this\\._lastMessageReceived = Date\\.now\\(\\);$',
  'this\\._lastMessageReceived = Date\\.now\\(\\); // reset',
  '_lastMessageReceived = Date',
  'this\\._lastDisconnectedMessage = undefined',
  'let convertedData',
  'let errorMessage = ""',
  'import \\{ InvocationManager \\}',
  'import \\{ InvocationError, SendMessageError \\}',
  'import \\{ WebSocketClientFactory \\}',
  'import \\{ logger \\}',
  'import \\{ WebPubSubJsonReliableProtocol \\}',
];

/** What stands for something longer that comes to the same, with the options that the pages give: each is there once. */
const INSTEAD: readonly (readonly [what: RegExp, instead: string])[] = [
  [/if \(typeof credential === "string"\) \{[^}]*\{[^}]*\};\s*\}\s*else \{([^}]*)\}/, '$1'],
  [
    /if \(typeof this\._credential\.getClientAccessUrl === "string"\) \{[^}]*\}\s*else \{([^]*?)\n {8}\}/,
    '$1',
  ],
  [/this\._getWebSocketClientFactory\(\)\.create\(/, 'new WebSocket('],
  [/client\.onmessage\(\(data\) =>/, 'client.onmessage(({ data }) =>'],
  [/await (this\._wsClient\.send\(payload), abortSignal/, '$1'],
  [/await this\._sendMessage\(message, abortSignal\)/, 'await this._sendMessage(message)'],
  [/this\._sendMessage\(message, options\?\.abortSignal\)/, 'this._sendMessage(message)'],
  [/ \?\? 20000/, ''],
  [/(getClientAccessUrl\()\{[^}]*\}/, '$1'],
  [/const handleGroupDataMessage = /, 'const handleData = event => '],
  [/handleGroupDataMessage\(/, 'handleData("group-message")('],
  [/handleServerDataMessage\(/, 'handleData("server-message")('],
  [/_safeEmitGroupMessage\(message\);/, '_emitter.emit(event, { message });'],
  [/else \{\s*convertedData = data;\s*\}/, ''],
  [/messages = (this\._protocol\.parseMessages\()convertedData\)/, 'messages = [$1data)]'],
  [/if \(messages === null\)/, 'if (messages[0] === null)'],
  [/new SendMessageError\(errorMessage, \{ ackId: resolvedAckId \}/, 'new Error('],
  [/(return )new SendMessageError\("[^"]*", \{\s*ackId,\s*\}/, '$1Object.assign(new Error()'],
  [
    /return this\._operationExecuteWithRetry\(\(\) => (this\._sendEventAttempt\(.*?\)), options\?\.abortSignal\)/,
    'return $1',
  ],
  [/_safeEmitConnected\([^)]*\)/, '_emitter.emit("connected")'],
  [/message\.error != null && message\.error\.name ===/, 'message.error?.name ==='],
  [/resolveAck\(message\.ackId, \{[^}]*\}\)/, 'resolveAck(message.ackId)'],
  [/new SendMessageError\("[^"]*", (\{)\s*ackId: message\.ackId,/, 'Object.assign(new Error(), $1'],
  [/const fireAndForget = .*;\s*if \(!fireAndForget\)/, 'if (!options?.fireAndForget)'],
  [/return \{ isDuplicated: false \};/, ''],
  [/ && seqId !== null && seqId !== undefined/, ''],
  [/try (\{\s*messages = [^}]*\}\s*)\}\s*catch \(err\) \{[^}]*\}/, '$1}'],
  [/try \{\s*(this\._abortController\.abort\(\);)\s*\}\s*catch \{[^}]*\}/, '$1'],
  [/try \{\s*(await this\._sendMessage\(message\);)\s*\}\s*catch \{\s*logger[^}]*\}/, '$1'],
  [/try \{\s*(client\.close\(\);)\s*\}\s*catch \{[^}]*\}/, '$1'],
  [/(this\._func\()this\._obj/, '$1'],
  [/func, interval, obj/, 'func, interval'],
  [/\{ code: code, reason: reason \}/, '{ code }'],
  [/client\.onclose\(\(code, reason\) =>/, 'client.onclose(({ code }) =>'],
];

/**
 * The Web PubSub client without what the pages do not use: it is one class, of which no tool leaves anything out. Its version is
 * pinned, and a text that has changed fails the build.
 */
export function trimmed(source: string): string {
  const once = (text: string, what: RegExp, instead: string): string => {
    const count = [...text.matchAll(new RegExp(what, 'gm'))].length;
    if (count !== 1) throw new Error(`The Web PubSub client has "${what.source}" ${count} times.`);
    return text.replace(new RegExp(what, 'm'), instead);
  };
  let text = source;
  for (const begin of BLOCKS) text = once(text, new RegExp(`^( *)${begin}.*\\n(?:.*\\n)*?\\1\\}.*\\n`), '');
  for (const begin of LINES) text = once(text, new RegExp(`^ *${begin}.*\\n`), '');
  for (const [what, instead] of INSTEAD) text = once(text, what, instead);
  return (
    text
      // What it logs, and what its errors say, which nobody reads: texts.
      .replace(/^ *logger\.\w+\([^;]*?\);$/gm, '')
      .replace(/(new Error\()(?:"[^"]*"|`[^`]*`)/g, '$1')
      .replace(/this\._changeState\((.*)\)/g, 'this._state = $1')
      .replace(/WebPubSubClientState\.(\w+)/g, '"$1"')
      .replace(/client\.(on\w+)\(/g, 'client.$1 = (')
      .replace(/(this\._wsClient\??\.)isOpen\(\)/g, '($1readyState === 1)')
      .replace(/_startCore\(abortSignal\)/g, '_startCore()')
      .replace(/_emitEvent\(/g, '_emitter.emit(')
      .replace(/_handleConnectionCloseAndNoRecovery/g, '_handleConnectionStopped')
      .replace(/^ {4}_\w+;\n/gm, '')
  );
}
