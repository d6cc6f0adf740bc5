import { setTimeout as delay } from 'node:timers/promises';
import type { AccessToken } from '@azure/identity';

const POLL_MS = 2_000;
/** An operation of Azure that takes longer than this has failed, whatever it says. */
const OPERATION_LIMIT_MS = 300_000;

/** Azure does not do what it was asked for; the message says what and why, in one sentence. */
export class NotDone extends Error {}

/**
 * Azure Resource Manager, asked with the sign-in of azd, which whoever deploys has, or else with that of the Azure CLI.
 * Neither its commands nor its extensions are needed, and no token is ever written anywhere.
 */
export class ResourceManager {
  private readonly endpoint: string;
  private readonly options: { readonly processTimeoutInMs: number; readonly tenantId?: string };
  private signIn?: AccessToken;

  /** Of other clouds ARM_ENDPOINT names the address, such as `https://management.usgovcloudapi.net`. */
  constructor(env: NodeJS.ProcessEnv) {
    this.endpoint = (env.ARM_ENDPOINT ?? 'https://management.azure.com').replace(/\/+$/, '');
    this.options = {
      processTimeoutInMs: 60_000,
      ...(env.AZURE_TENANT_ID !== undefined && { tenantId: env.AZURE_TENANT_ID }),
    };
  }

  /** @throws NotDone; undefined when there is no such thing */
  async find<T>(path: string): Promise<T | undefined> {
    const response = await this.send('GET', path);
    if (response.status === 404) return undefined;
    await mustBeDone(`GET ${path}`, response);
    // Prevents: a proxy answers in place of Azure, and the deployment ends with a stack trace.
    const body: unknown = await response.json().catch(() => undefined);
    if (typeof body !== 'object' || body === null) throw notOfAzure(path);
    return body as T;
  }

  /** Every page of a list. @throws NotDone */
  async list<T>(path: string): Promise<T[]> {
    const all: T[] = [];
    const read = new Set<string>();
    for (let next: string | undefined = path; next !== undefined;) {
      // Prevents: a page names itself, or one before it, as the next, and the deployment never ends.
      if (read.has(next)) throw notOfAzure(next);
      read.add(next);
      const page: { value?: T[]; nextLink?: string } = await this.get(next);
      if (!Array.isArray(page.value)) throw notOfAzure(next);
      all.push(...page.value);
      next = page.nextLink;
    }
    return all;
  }

  /** @throws NotDone */
  async post(path: string): Promise<void> {
    await mustBeDone(`POST ${path}`, await this.send('POST', path));
  }

  /** Resolves when it is done, not when it is accepted. @throws NotDone */
  async put(path: string, body: object): Promise<void> {
    const what = `PUT ${path}`;
    const response = await this.send('PUT', path, body);
    await mustBeDone(what, response);
    const operation = response.headers.get('azure-asyncoperation');
    const giveUpAt = Date.now() + OPERATION_LIMIT_MS;
    while (operation !== null) {
      const { status, error } = await this.get<{ status: string; error?: ProblemOfAzure }>(operation);
      if (status === 'Succeeded') return;
      if (status === 'Failed' || status === 'Canceled' || Date.now() > giveUpAt) {
        throw new NotDone(`${nameOf(what)}: ${status}${said(error)}`);
      }
      await delay(POLL_MS);
    }
  }

  private async get<T>(path: string): Promise<T> {
    const answer = await this.find<T>(path);
    if (answer === undefined) throw new NotDone(`GET ${nameOf(path)}: 404`);
    return answer;
  }

  private async send(method: string, path: string, body?: object): Promise<Response> {
    const token = await this.token();
    const url = new URL(path, this.endpoint);
    // The token goes along to Azure alone, wherever a link in an answer leads: to its address, or a region's under it.
    const { host } = new URL(this.endpoint);
    if (url.host !== host && !url.host.endsWith(`.${host}`)) throw new NotDone(`a link leads to ${url.host}`);
    try {
      return await fetch(url, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(60_000),
      });
    } catch (thrown) {
      throw new NotDone(`${method} ${nameOf(path)} got no answer: ${(thrown as Error).message}`);
    }
  }

  /** The command line tools are asked again when it has less than five minutes left. */
  private async token(): Promise<string> {
    try {
      if ((this.signIn?.expiresOnTimestamp ?? 0) < Date.now() + 300_000) {
        // Loaded by what needs a token: a deployment after which all is well needs none.
        const { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } =
          await import('@azure/identity');
        const credential = new ChainedTokenCredential(
          new AzureDeveloperCliCredential(this.options),
          new AzureCliCredential(this.options),
        );
        this.signIn = await credential.getToken(`${this.endpoint}/.default`);
      }
      return this.signIn!.token;
    } catch {
      throw new NotDone('neither azd nor az is signed in here (azd auth login)');
    }
  }
}

interface ProblemOfAzure {
  readonly code?: string;
  readonly message?: string;
}

async function mustBeDone(what: string, response: Response): Promise<void> {
  if (response.ok) return;
  const { error } = (await response.json().catch(() => ({}))) as { error?: ProblemOfAzure };
  throw new NotDone(`${nameOf(what)}: ${response.status}${said(error)}`);
}

const said = ({ code, message }: ProblemOfAzure = {}): string =>
  [code, message]
    .filter(Boolean)
    .map((text) => ` ${text}`)
    .join('');

const notOfAzure = (path: string): NotDone =>
  new NotDone(`GET ${nameOf(path)}: the answer is not one of Azure`);

/** Without subscription, group and version, which say nothing to a reader. */
const nameOf = (path: string): string => path.replace(/\?.*$/, '').replace(/\/\S*?\/providers\//, '');
