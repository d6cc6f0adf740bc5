import type { Problem } from './messages';

/** What the site's owner has to do, in English. Loaded when there is something to do. */
export function adviceOn({ kind, detail = '' }: Problem, api: string): string {
  switch (kind) {
    case 'address':
      return `There is no chat app at ${api}: it answers ${detail} to POST /api/v1/negotiate. Set the attribute "api" to the app's address.`;
    case 'unreachable':
      return `Nothing answers at ${api}. Is the attribute "api" the app's address, and is ${location.origin} among the app's allowed origins (the parameter "allowedOrigins")?`;
    case 'refused':
      return `The app refuses what the attributes say of the customer: ${detail}`;
    case 'sign-in':
      return `This workstream is for customers whom the site has signed in. Set "ticketCallback", or the attribute "ticket-callback": a function that returns the ticket which the site's backend gets from POST /api/v1/customers/negotiate.`;
    case 'callback':
      return `The callback for the customer's ticket has failed: ${detail}. It has to return a ticket, or a promise of one.`;
    case 'insecure':
      return `This page is not secure, so every tab has a line of its own, and others can read along. Serve it over https.`;
    case 'context':
      return `The attribute "context" is not JSON such as {"OrderId":"4711"}: ${detail}`;
  }
}
