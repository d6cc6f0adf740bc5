import { describe, expect, it } from '@jest/globals';
import { deviceClassOf, deviceField } from '../../../shared/access/customer-profile-parser';

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const MAC = 'Macintosh; Intel Mac OS X';

/** What a browser calls its device, and whatever else it says. */
const mozilla = (device: string, rest: string) => `Mozilla/5.0 (${device}) ${rest}`;

const PHONES = [
  mozilla('iPhone; CPU iPhone OS 17_5 like Mac OS X', `${WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1`),
  mozilla(
    'iPhone; CPU iPhone OS 17_5 like Mac OS X',
    `${WEBKIT} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`,
  ),
  // A web view in an app.
  mozilla('iPhone; CPU iPhone OS 16_6 like Mac OS X', `${WEBKIT} Mobile/15E148`),
  mozilla('Linux; Android 10; K', `${BLINK} Chrome/126.0.0.0 Mobile Safari/537.36`),
  mozilla(
    'Linux; Android 13; SM-S911B',
    `${BLINK} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`,
  ),
  mozilla('Linux; U; Android 4.2.2; en-us; SD4930UR Build/JDQ39', `${BLINK} Silk/3.68 Mobile Safari/537.36`),
  mozilla('Android 14; Mobile; rv:127.0', 'Gecko/127.0 Firefox/127.0'),
  // Also claims Android.
  mozilla(
    'Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950',
    `${BLINK} Mobile Safari/537.36 Edge/15.15063`,
  ),
];
const TABLETS = [
  // Asks for mobile sites.
  mozilla('iPad; CPU OS 17_5 like Mac OS X', `${WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1`),
  // Leaves out "Mobile".
  mozilla('Linux; Android 13; SM-X900', `${BLINK} Chrome/126.0.0.0 Safari/537.36`),
  mozilla('Android 14; Tablet; rv:127.0', 'Gecko/127.0 Firefox/127.0'),
  mozilla('Linux; Android 9; KFMAWI', `${BLINK} Silk/120.4.1 like Chrome/120.0.6099.234 Safari/537.36`),
  // Asks for desktop sites.
  mozilla('X11; Linux x86_64', `${BLINK} Silk/120.4.1 like Chrome/120.0.6099.234 Safari/537.36`),
];
const DESKTOPS = [
  // An iPad as it is delivered says the same.
  mozilla(`${MAC} 10_15_7`, `${WEBKIT} Version/17.5 Safari/605.1.15`),
  mozilla(`${MAC} 14.5; rv:127.0`, 'Gecko/20100101 Firefox/127.0'),
  mozilla('Windows NT 10.0; Win64; x64', `${BLINK} Chrome/126.0.0.0 Safari/537.36`),
  mozilla('Windows NT 10.0; Win64; x64', `${BLINK} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0`),
  // Internet Explorer on a computer with a touch screen.
  mozilla('Windows NT 6.1; WOW64; Trident/7.0; Tablet PC 2.0; rv:11.0', 'like Gecko'),
  mozilla('X11; Linux x86_64; rv:127.0', 'Gecko/20100101 Firefox/127.0'),
  mozilla('X11; Ubuntu; Linux x86_64; rv:127.0', 'Gecko/20100101 Firefox/127.0'),
  mozilla('X11; CrOS x86_64 14541.0.0', `${BLINK} Chrome/126.0.0.0 Safari/537.36`),
];
const UNKNOWN = [
  ...[undefined, '', 'node', 'curl/8.5.0'],
  `Mozilla/5.0 ${BLINK} Chrome/126.0.0.0 Safari/537.36`,
  // Robots, one of which presents itself as a phone, and a preview of links.
  mozilla('compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm', ''),
  `${PHONES[3]} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
];

describe.each([
  ['phone', PHONES],
  ['tablet', TABLETS],
  ['desktop', DESKTOPS],
  ['unknown', UNKNOWN],
])('a User-Agent says %s', (device, userAgents) => {
  it.each(userAgents.map((one) => [one]))('%s', (userAgent) => {
    expect(deviceClassOf(userAgent)).toBe(device);
  });
});

it('nothing is known from a text that is too long for a User-Agent, which is not searched either', () => {
  expect(deviceClassOf(`${'x'.repeat(1_018)}iPhone`)).toBe('phone');
  expect(deviceClassOf(`${'x'.repeat(1_019)}iPhone`)).toBe('unknown');
  // Without the limit every "Silk" would search the whole rest: 10^12 steps.
  expect(deviceClassOf('Silk'.repeat(1_000_000))).toBe('unknown');
});

describe('what a widget can say itself', () => {
  it.each(['phone', 'tablet', 'desktop'])('is %s', (device) => {
    expect(deviceField.parse(device)).toBe(device);
  });

  it.each(['unknown', 'Phone', '', 'watch', 7, null, undefined])('is not %j', (device) => {
    expect(deviceField.safeParse(device).success).toBe(false);
  });
});
