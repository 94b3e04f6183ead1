import { createPublicKey, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { enrol } from '../fixtures/device.ts';
import { Operator } from '../fixtures/events.ts';
import { expect, expectAccessible, open, type Page, test } from '../fixtures/test.ts';

/** A push service on this machine. It takes everything, and remembers. */
class PushService {
  readonly heard: { headers: IncomingMessage['headers']; body: string }[] = [];
  private constructor(private readonly server: Server) {}

  static async start(): Promise<PushService> {
    const server = createServer();
    const service = new PushService(server);
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString('latin1')));
      request.on('end', () => {
        service.heard.push({ headers: request.headers, body });
        response.writeHead(201).end();
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return service;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise((done) => this.server.close(done));
  }
}

/** Stands in for the browser's own push service, which these tests cannot reach. */
async function subscribeAt(page: Page, endpoint: string): Promise<void> {
  await page.addInitScript((address) => {
    PushManager.prototype.subscribe = async (options) => {
      const key = new Uint8Array(options?.applicationServerKey as ArrayBuffer);
      sessionStorage.setItem('key', btoa(String.fromCharCode(...key)));
      return { endpoint: address } as PushSubscription;
    };
  }, endpoint);
}

/** What the provider says of itself, verified as a push service does (RFC 8292). */
function verified(authorization: string): { claims: Record<string, unknown>; key: Buffer } {
  const [, token, point] = /^vapid t=([^,]+), k=(.+)$/.exec(authorization) ?? [];
  const key = Buffer.from(point ?? '', 'base64url');
  const [header, claims, signature] = (token ?? '').split('.');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: key.subarray(1, 33).toString('base64url'),
    y: key.subarray(33).toString('base64url'),
  };
  const good = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature ?? '', 'base64url'),
  );
  expect(good, 'signed by the key beside it').toBe(true);
  const text = Buffer.from(claims ?? '', 'base64url').toString();
  return { claims: JSON.parse(text) as Record<string, unknown>, key };
}

test.use({ portalSettings: { environment: { DELIVERY__WEBHOOKS__PRIVATE_NETWORKS: 'true' } } });

test('a device whose page is closed is knocked at, and shows that there is news', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const service = await PushService.start();
  await page.context().grantPermissions(['notifications']);
  await subscribeAt(page, `${service.origin}/knock/4711`);
  const operator = await Operator.join(await newPage(), portal);
  await enrol(page, portal, deviceId);
  await open(page, '/device');
  await page.getByRole('button', { name: 'Tell me when there is news' }).click();
  await expect(page.getByText('You are told when there is news')).toBeVisible();
  await expectAccessible(page);
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem('key'))).not.toBeNull();
  const shown = (await page.evaluate(() => sessionStorage.getItem('key'))) ?? '';
  await page.reload();
  await expect(page.getByText('You are told when there is news')).toBeVisible();
  await expect(page.locator('[data-part=listening]')).toBeVisible();
  await page.goto('/');
  await operator.makeEvent({ name: 'Hot afternoon', startsIn: 60, minutes: 60 });
  await expect.poll(() => service.heard.length).toBe(1);
  const [knock] = service.heard;
  expect(knock?.body, 'nothing of what it is').toBe('');
  expect(Number(knock?.headers.ttl)).toBeGreaterThan(0);
  const { claims, key } = verified(knock?.headers.authorization ?? '');
  expect(key.toString('base64')).toBe(shown);
  expect(claims.aud).toBe(service.origin);
  expect(claims.sub).toBe('mailto:help@gmec.example');
  await service.stop();
});

test('a knock that nobody looks at becomes a notification that says nothing of what it is', async ({
  page,
}) => {
  await page.context().grantPermissions(['notifications']);
  await open(page, '/device');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.goto('/');
  const session = await page.context().newCDPSession(page);
  const registered = new Promise<string>((found) =>
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations;
      if (first) found(first.registrationId);
    }),
  );
  await session.send('ServiceWorker.enable');
  const origin = new URL(page.url()).origin;
  const registrationId = await registered;
  await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: '' });
  const titles = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      return (await registration.getNotifications()).map((shown) => `${shown.title}: ${shown.body}`);
    });
  await expect.poll(titles).toEqual(['News from your energy provider: Open the page to see what it is.']);
});

test('a person who wants no notifications is not asked again, and misses nothing', async ({
  page,
  portal,
  deviceId,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(Notification, 'permission', { get: () => 'denied' });
  });
  await enrol(page, portal, deviceId);
  await open(page, '/device');
  await expect(page.getByText('This browser shows no notifications of this page.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Tell me when there is news' })).toBeHidden();
  await expect(page.locator('[data-part=listening]')).toBeVisible();
});
