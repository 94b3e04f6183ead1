import { eachLanguage, expect, expectAccessible, open, type Page, test } from './fixtures/test.ts';

/** Every page and state, in every language, on a phone and on a computer. Found by ids: words differ. */
const WIDTHS = [390, 1280] as const;

/** The page is as it should be: accessible, with one heading of the first level, nothing cut off at the side. */
async function expectGood(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expectAccessible(page);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `width of ${page.url().replace(/#.*/, '#…')}`).toBeLessThanOrEqual(0);
}

async function send(page: Page): Promise<void> {
  await page.locator('main form:has(input:not([type=hidden])) button[type=submit]').first().click();
}

async function signIn(page: Page): Promise<void> {
  await open(page, '/account');
  await page.locator('[name=account]').fill('A-1001');
  await send(page);
  await expect(page).toHaveURL(/\/account\/code$/);
}

async function sendDeviceId(page: Page, deviceId: string): Promise<void> {
  await page.locator('[name=device_id]').fill(deviceId);
  await send(page);
}

eachLanguage((language) => {
  for (const width of WIDTHS) {
    test.describe(`${width} pixels wide`, () => {
      test.use({ viewport: { width, height: 900 } });

      test('pages for everybody', async ({ page, complaints }) => {
        complaints.expectStatus(404);
        for (const address of [
          '/',
          '/account',
          '/account/link',
          '/e',
          '/developers',
          '/dev/outbox',
          '/no-such-page',
        ]) {
          await open(page, address);
          await expect(page.locator('html')).toHaveAttribute('lang', language);
          await expectGood(page);
        }
      });

      test('pages of a customer', async ({ page, portal, deviceId }) => {
        await signIn(page);
        await expectGood(page);
        await open(page, '/dev/outbox');
        await expectGood(page);
        await page.locator('main a[href*="/account/link#"]').first().click();
        await expect(page).toHaveURL('/devices');
        // The account's own language is English; the visitor's choice goes before it.
        if ((await page.locator('html').getAttribute('lang')) !== language) {
          await page.locator(`button[name=language][value=${language}]`).click();
          await expect(page.locator('html')).toHaveAttribute('lang', language);
        }
        await expectGood(page);
        await open(page, '/account');
        await expectGood(page);

        await open(page, '/devices/new');
        await expectGood(page);
        await page.locator('[name=device_id]').fill('SN');
        await send(page);
        await expect(page.locator('[name=device_id]')).toHaveAttribute('aria-invalid', 'true');
        await expectGood(page);
        await sendDeviceId(page, deviceId);
        await expect(page).toHaveURL(/\/devices\/[0-9a-f-]{36}$/);
        await expect(page.locator('.manual-code')).toBeVisible();
        await page.locator('details summary').first().click();
        await expectGood(page);
        const device = new URL(page.url()).pathname;

        await open(page, '/devices');
        await expectGood(page);
        await portal.run('enrollment', 'cancel', device.split('/').pop() ?? '');
        await open(page, device);
        await expectGood(page);
      });

      test('an enrollment', async ({ page, portal, deviceId, complaints }) => {
        complaints.expectStatus(401, 409);
        const { link } = await portal.register(deviceId);
        await open(page, link);
        await expect(page.locator('[name=device_id]')).toBeVisible();
        await page.locator('details summary').first().click();
        await page.locator('#copy-wanted').check();
        await expectGood(page);
        await page.locator('#copy-wanted').uncheck();
        await sendDeviceId(page, `${deviceId}9`);
        await expect(page.locator('main [role=alert] li').first()).toBeVisible();
        await expectGood(page);
        await sendDeviceId(page, deviceId);
        await expect(page.locator('.enroll-next')).toBeVisible();
        await page.locator('details summary').first().click();
        await expectGood(page);
        await open(page, '/e');
        await expect(page.locator('.enroll-done')).toBeVisible();
        await expectGood(page);

        await page.locator('main button').last().click();
        await expect(page.locator('#code')).toBeVisible();
        await page.locator('#code').fill('123');
        await send(page);
        await expect(page.locator('#code')).toHaveAttribute('aria-invalid', 'true');
        await expectGood(page);
        await open(page, `${link}1`);
        await expect(page.locator('main .message')).toBeVisible();
        await expectGood(page);
      });

      test('the camera', async ({ page, camera }) => {
        await camera.showNothing();
        await page.context().grantPermissions(['camera']);
        await open(page, '/e');
        await page.locator('.enroll-scan').click();
        await expect(page.locator('video')).toBeVisible();
        await expectGood(page);
      });

      test('dark', async ({ page }) => {
        await page.emulateMedia({ colorScheme: 'dark' });
        for (const address of ['/', '/account', '/e']) {
          await open(page, address);
          await expectGood(page);
        }
      });
    });
  }
});
