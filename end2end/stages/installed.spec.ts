import { signIn } from '../fixtures/customer.ts';
import { enrol } from '../fixtures/device.ts';
import { eachLanguage, expect, expectAccessible, hydrated, open, type Page, test } from '../fixtures/test.ts';

const BROKEN = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_NETWORK/;

/** Waits until the service worker answers for the page. */
async function installed(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
}

/** The addresses of all that the service worker keeps, without versions. */
async function kept(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const found: string[] = [];
    for (const name of await caches.keys()) {
      for (const request of await (await caches.open(name)).keys()) {
        const { pathname, search } = new URL(request.url);
        found.push(pathname + (pathname === '/device' ? search : ''));
      }
    }
    return found.sort();
  });
}

test('the page opens without a connection, with all that it knew last', async ({
  page,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectLine(BROKEN);
  await enrol(page, portal, deviceId);
  await open(page, '/device');
  await expect(page.locator('.badge:visible').first()).toHaveText('Connected');
  await installed(page);
  await page.context().setOffline(true);
  await page.reload();
  await hydrated(page);
  await expect(page.locator('.this-device-standing .badge:visible')).toHaveText('No connection');
  await expect(page.getByText('Without a connection since')).toBeVisible();
  await expect(page.getByRole('heading', { level: 2 })).toHaveText('Green Mountain Electric Coop');
  await expect(page.getByRole('link', { name: 'help@gmec.example' }).first()).toBeVisible();
  await expectAccessible(page);
  await page.context().setOffline(false);
  await expect(page.locator('.this-device-standing .badge:visible')).toHaveText('Connected');
});

test('also while the portal is away', async ({ page, portal, deviceId, complaints }) => {
  complaints.expectLine(BROKEN);
  await enrol(page, portal, deviceId);
  await open(page, '/device');
  await installed(page);
  await portal.stopServer();
  await page.reload();
  await hydrated(page);
  await expect(page.locator('.this-device-standing .badge:visible')).toHaveText('No connection');
  await portal.restart();
});

test('nothing is kept but the page of a device and its files', async ({ page, portal, deviceId }) => {
  await enrol(page, portal, deviceId);
  await open(page, '/device');
  await installed(page);
  await open(page, '/');
  await open(page, '/account');
  await open(page, '/device');
  const addresses = await kept(page);
  const files = addresses.filter((address) => address.startsWith('/pkg/'));
  expect(files).toHaveLength(6);
  expect(addresses.filter((address) => !address.startsWith('/pkg/'))).toEqual([
    '/device?language=en',
    '/device?language=es',
    '/device?last-language',
  ]);
});

test('what is kept is the page of a stranger, whoever is signed in', async ({ page }) => {
  await signIn(page);
  await open(page, '/device');
  await installed(page);
  const pages = await page.evaluate(async () => {
    const [name] = await caches.keys();
    const cache = await caches.open(name ?? '');
    const texts = [];
    for (const language of ['en', 'es']) {
      texts.push(await (await cache.match(`/device?language=${language}`))?.text());
    }
    return texts;
  });
  expect(pages[0]).toContain('lang="en"');
  expect(pages[1]).toContain('lang="es"');
  await expect(page.getByRole('navigation').getByRole('link', { name: 'My devices' })).toBeVisible();
  for (const text of pages) expect(text).not.toContain('/account/data');
});

test('a browser can install it', async ({ page }) => {
  await open(page, '/device');
  const address = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = (await (await page.request.get(address ?? '')).json()) as {
    start_url: string;
    icons: { src: string; type: string; purpose: string }[];
  };
  expect(manifest.start_url).toBe('/device');
  for (const icon of manifest.icons) {
    const drawing = await page.request.get(icon.src);
    expect(drawing.status(), icon.src).toBe(200);
    expect(drawing.headers()['content-type']).toBe(icon.type);
  }
  const session = await page.context().newCDPSession(page);
  const { errors } = await session.send('Page.getAppManifest');
  expect(errors).toEqual([]);
});

test.describe('without a service worker', () => {
  test.use({ serviceWorkers: 'block' });

  test('everything works as well', async ({ page, portal, deviceId }) => {
    await enrol(page, portal, deviceId);
    await open(page, '/device');
    await expect(page.locator('.this-device-standing .badge:visible')).toHaveText('Connected');
  });
});

eachLanguage((language) => {
  test('offline the page is in the language that it was opened in last', async ({ page, complaints }) => {
    complaints.expectLine(BROKEN);
    const other = language === 'en' ? 'es' : 'en';
    await open(page, '/device');
    await installed(page);
    // Switched by hand: the browser still asks for its own language.
    await page.locator(`button[name=language][value=${other}]`).click();
    await open(page, '/device');
    await expect(page.locator('html')).toHaveAttribute('lang', other);
    await page.context().setOffline(true);
    await page.reload();
    await hydrated(page);
    await expect(page.locator('html')).toHaveAttribute('lang', other);
  });
});
