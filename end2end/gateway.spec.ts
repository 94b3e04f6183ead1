import { readFile } from 'node:fs/promises';
import { expectState } from './fixtures/device.ts';
import { Gateway } from './fixtures/gateway.ts';
import { expect, expectAccessible, hydrated, open, type Page, test as base } from './fixtures/test.ts';

const DEVICE_ID = 'SN-4711-0815';

const test = base.extend<{ gateway: Gateway }>({
  gateway: async ({}, use) => {
    const gateway = await Gateway.make(DEVICE_ID);
    await use(gateway);
    await gateway.stop();
  },
});

/** Hands a label over on `/e`. Ends where the gateway's address is asked for. */
async function readLabel(page: Page, link: string): Promise<void> {
  await open(page, link);
  await expect(page.getByRole('heading', { name: 'Connect the gateway at home' })).toBeVisible();
  await hydrated(page);
}

/** Goes to the gateway and agrees there. Ends where the device ID is asked for. */
async function goToGateway(page: Page, gateway: Gateway): Promise<void> {
  await page.getByLabel('Address of the gateway').fill(gateway.address);
  await page.getByRole('button', { name: 'Go to the gateway' }).click();
  await expect(page.getByText('Connect this gateway with this provider?')).toBeVisible();
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page.getByRole('heading', { name: "Enter the gateway's device ID" })).toBeVisible();
  await hydrated(page);
}

async function enterDeviceId(page: Page, deviceId: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Device ID' }).fill(deviceId);
  await page.getByRole('button', { name: 'Connect the gateway' }).click();
}

/** What is left in the browser, by the names under which it is kept. */
async function leftBehind(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('IndexedDB'));
      });
    const names = [...Object.keys(sessionStorage), ...Object.keys(localStorage)];
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name ?? ''));
      for (const store of database.objectStoreNames) {
        const keys = await done(database.transaction(store).objectStore(store).getAllKeys());
        names.push(...keys.map((key) => `${name}.${store}: ${JSON.stringify(key)}`));
      }
      database.close();
    }
    return names;
  });
}

test('a phone hands a gateway over, and keeps nothing of it', async ({ page, portal, gateway }) => {
  const { link, enrollment_id } = await portal.register(DEVICE_ID, { kind: 'gateway' });
  await gateway.start();
  await gateway.waitForPage();
  await readLabel(page, link);
  const provider = page.getByRole('definition').filter({ hasText: 'Green Mountain Electric Coop' });
  await expect(provider).toBeVisible();
  await expectAccessible(page);

  await page.getByLabel('Address of the gateway').fill(gateway.address);
  await page.getByRole('button', { name: 'Go to the gateway' }).click();
  await expect(page.getByText('Connect this gateway with this provider?')).toBeVisible();
  expect(new URL(page.url()).host).toBe(gateway.address);
  expect(new URL(page.url()).hash).toBe('');
  await expect(provider).toBeVisible();
  await expect(page.getByText(portal.origin)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();

  await expect(page.getByRole('heading', { name: "Enter the gateway's device ID" })).toBeVisible();
  await hydrated(page);
  expect(new URL(page.url()).hash).toBe('');
  await expectAccessible(page);
  await enterDeviceId(page, DEVICE_ID);

  await expect(page.getByRole('heading', { name: 'This gateway is connected' })).toBeVisible();
  await page.getByRole('link', { name: "Back to your provider's website" }).click();
  await expect(page.getByRole('heading', { name: 'The gateway is connected' })).toBeVisible();
  await expectAccessible(page);
  expect(await leftBehind(page)).toEqual(['gridpass.gateway-address']);
  // It goes on by itself: the same process says hello.
  await expectState(portal, enrollment_id, 'active');
});

test('a wrong device ID is told, and the same gateway is confirmed with the right one', async ({
  page,
  portal,
  gateway,
  complaints,
}) => {
  const { link, enrollment_id } = await portal.register(DEVICE_ID, { kind: 'gateway' });
  await gateway.start();
  await gateway.waitForPage();
  await readLabel(page, link);
  await goToGateway(page, gateway);
  complaints.expectStatus(401);
  await enterDeviceId(page, 'SN-9999-0000');
  await expect(page.getByRole('heading', { name: 'That is not the right device ID' })).toBeVisible();
  await expectAccessible(page);
  await enterDeviceId(page, DEVICE_ID);
  await expect(page.getByRole('heading', { name: 'This gateway is connected' })).toBeVisible();
  await expectState(portal, enrollment_id, 'active');
});

test('the power of the gateway goes in the middle, and the same code still connects it', async ({
  page,
  portal,
  gateway,
}) => {
  const { link, enrollment_id } = await portal.register(DEVICE_ID, { kind: 'gateway' });
  await gateway.start();
  await gateway.waitForPage();
  await readLabel(page, link);
  await goToGateway(page, gateway);
  await gateway.cutPower();
  await gateway.start();
  await gateway.waitForPage();
  await enterDeviceId(page, DEVICE_ID);
  await expect(page.getByRole('heading', { name: 'This gateway is connected' })).toBeVisible();
  await expectState(portal, enrollment_id, 'active');
});

test('a gateway that cannot be reached is connected by files', async ({ page, portal, gateway }) => {
  const { link, enrollment_id } = await portal.register(DEVICE_ID, { kind: 'gateway' });
  const request = gateway.path('request.txt');
  const { stderr } = await gateway.run('request', link, '--file', request);
  const number = /(\d{4} ){3}\d{4}/.exec(stderr)?.[0] ?? '';
  await readLabel(page, link);
  await page.getByText('The gateway cannot be reached?').click();
  await page.getByLabel("The gateway's file").setInputFiles(request);
  await expect(page.getByText(number)).toBeVisible();
  await expectAccessible(page);
  // Without a look at the number nothing is sent.
  await enterDeviceId(page, DEVICE_ID);
  await expect(page.getByLabel('The gateway shows the same number')).toBeFocused();
  await page.getByLabel('The gateway shows the same number').check();
  const saved = page.waitForEvent('download');
  await enterDeviceId(page, DEVICE_ID);
  await page.getByRole('link', { name: 'Save the file' }).click();
  await expectAccessible(page);
  const answer = gateway.path('answer.txt');
  await (await saved).saveAs(answer);
  expect(await readFile(answer, 'utf8')).toMatch(/^[\w-]+$/);
  const { stdout } = await gateway.run('install', answer);
  expect(stdout).toContain('enrolled with Green Mountain Electric Coop');
  await expectState(portal, enrollment_id, 'issued');
});

test("a request that was shown as a QR code waits for the provider's code", async ({
  page,
  portal,
  gateway,
}) => {
  const { link } = await portal.register(DEVICE_ID, { kind: 'gateway' });
  const { stdout } = await gateway.run('request', link);
  await open(page, stdout.trim());
  await expect(page.getByRole('heading', { name: 'Now the code from your provider' })).toBeVisible();
  await open(page, link);
  await expect(page.getByRole('heading', { name: "Enter the gateway's device ID" })).toBeVisible();
  await expect(page.getByLabel('The gateway shows the same number')).toBeVisible();
});

test('a request of another gateway than the one that was gone to is not confirmed', async ({
  page,
  portal,
  gateway,
}) => {
  const { link } = await portal.register(DEVICE_ID, { kind: 'gateway' });
  await gateway.start();
  await gateway.waitForPage();
  await readLabel(page, link);
  await goToGateway(page, gateway);
  const stranger = await Gateway.make('SN-1234-5678');
  const { stdout } = await stranger.run('request', link);
  await stranger.stop();
  await open(page, stdout.trim());
  await expect(page.getByRole('heading', { name: 'This does not belong together' })).toBeVisible();
  await expectAccessible(page);
});

test.describe('in Spanish', () => {
  test.use({ locale: 'es-US' });

  test("portal and gateway speak the customer's language", async ({ page, portal, gateway }) => {
    const { link } = await portal.register(DEVICE_ID, { kind: 'gateway' });
    await gateway.start();
    await gateway.waitForPage();
    await open(page, link);
    await expect(page.getByRole('heading', { name: 'Conectar el equipo en casa' })).toBeVisible();
    await hydrated(page);
    await page.getByLabel('Dirección del equipo').fill(gateway.address);
    await page.getByRole('button', { name: 'Ir al equipo' }).click();
    await expect(page.getByRole('button', { name: 'Conectar', exact: true })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'No conectar' }).click();
    await expect(page.getByText('No se ha conectado nada.')).toBeVisible();
  });
});
