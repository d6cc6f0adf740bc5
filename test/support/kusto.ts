import { createRequire } from 'node:module';

/** The parser of the Kusto query language, which is what Log Analytics runs, in Microsoft's build for JavaScript. */

interface List<T> {
  readonly Count: number;
  getItem(index: number): T;
}
interface Column {
  readonly Name: string;
}
interface Code {
  GetDiagnostics(): List<{ readonly Severity: string; readonly Code: string; readonly Message: string }>;
  readonly ResultType: { readonly Columns: List<Column> } | null;
}
interface Language {
  readonly Symbols: {
    readonly TableSymbol: {
      readonly $ctor7: new (name: string, schema: string, description: null) => object;
    };
    readonly DatabaseSymbol: { readonly $ctor1: new (name: string, members: object[]) => object };
  };
  readonly GlobalState: { readonly Default: { WithDatabase(database: object): object } };
  readonly KustoCode: { ParseAndAnalyze(text: string, globals: object): Code };
}

/**
 * The columns that may be asked for, from the reference of Azure Monitor (learn.microsoft.com, azure-monitor/reference/
 * tables). Not all there are.
 */
const TABLES = {
  AppTraces:
    'TimeGenerated: datetime, Message: string, SeverityLevel: int, OperationName: string, OperationId: string, Properties: dynamic, AppRoleInstance: string, ItemCount: int',
  AppMetrics:
    'TimeGenerated: datetime, Name: string, Sum: real, Min: real, Max: real, ItemCount: int, Properties: dynamic, AppRoleInstance: string',
  AppRequests:
    'TimeGenerated: datetime, Name: string, ResultCode: string, Success: bool, DurationMs: real, Url: string, OperationName: string, OperationId: string, Properties: dynamic, AppRoleInstance: string, ItemCount: int',
  Usage: 'TimeGenerated: datetime, DataType: string, IsBillable: bool, Quantity: real, QuantityUnit: string',
  WebPubSubConnectivity:
    'TimeGenerated: datetime, Level: string, Message: string, OperationName: string, ConnectionId: string, UserId: string, CallerIpAddress: string, Location: string',
};

let loaded: { readonly language: Language; readonly globals: object } | undefined;

function load() {
  if (loaded !== undefined) return loaded;
  // Scripts for browsers: the second finds what the first has put into the global object.
  const run = createRequire(__filename);
  for (const script of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
    run(`@kusto/language-service-next/${script}`);
  }
  const { Language: language } = (globalThis as unknown as { Kusto: { Language: Language } }).Kusto;
  const { TableSymbol, DatabaseSymbol } = language.Symbols;
  const tables = Object.entries(TABLES).map(
    ([name, columns]) => new TableSymbol.$ctor7(name, `(${columns})`, null),
  );
  const workspace = new DatabaseSymbol.$ctor1('workspace', tables);
  loaded = { language, globals: language.GlobalState.Default.WithDatabase(workspace) };
  return loaded;
}

const all = <T>(list: List<T>): T[] => Array.from({ length: list.Count }, (_, index) => list.getItem(index));

/** What the parser finds wrong with a query, and the columns of its result. */
export function analyse(query: string): { readonly findings: string[]; readonly columns: string[] } {
  const { language, globals } = load();
  const code = language.KustoCode.ParseAndAnalyze(query, globals);
  const findings = all(code.GetDiagnostics()).map(
    ({ Severity, Code: id, Message }) => `${Severity} ${id}: ${Message}`,
  );
  return { findings, columns: all(code.ResultType?.Columns ?? { Count: 0, getItem: never }).map(nameOf) };
}

const nameOf = ({ Name }: Column): string => Name;
const never = (): never => {
  throw new Error('an empty list has no items');
};
