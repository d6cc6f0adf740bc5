import {
  ACCESS,
  type May,
  OF_AGENT,
  OF_CUSTOMER,
  ON_A_CONVERSATION,
  ROLES,
  SOCKET_EVENTS,
} from '../../shared/access/authorisation';
import { ALL_ROUTES } from '../../shared/app/routes';
import { PROBLEMS } from '../../shared/http/problems';
import { table } from './api';

/** The tables of docs/THREAT-MODEL.md: what each role gets at each route, and what it depends on whose a conversation is. */
export const authorisationTables = (): string =>
  [
    table(
      ['route or event', ...ROLES],
      [
        ...ALL_ROUTES.map(({ id, access }) => [
          code(id),
          ...ROLES.map((role) => status(ACCESS[access][role])),
        ]),
        ...Object.entries(SOCKET_EVENTS).map(([name, may]) => [
          `socket: ${code(name)}`,
          ...ROLES.map((role) => (role in may ? status(may[role as keyof typeof may]) : '')),
        ]),
      ],
    ),
    table(
      [
        'on a conversation',
        ...OF_CUSTOMER.map((whose) => `customer: ${whose}`),
        ...OF_AGENT.map((whose) => `agent: ${whose}`),
      ],
      Object.entries(ON_A_CONVERSATION).map(([action, { customer, agent }]) => [
        code(action),
        ...OF_CUSTOMER.map((whose) => customer[whose] ?? ''),
        ...OF_AGENT.map((whose) => agent?.[whose] ?? ''),
      ]),
    ),
  ].join('\n\n');

const code = (text: string): string => `\`${text}\``;
const status = (may: May): string => (may === 'yes' ? may : String(PROBLEMS[may].status));
