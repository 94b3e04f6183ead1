import { joinStaff } from '../fixtures/staff.ts';
import { signIn, addDevice } from '../fixtures/customer.ts';
import { expect, LANGUAGES, open, test } from '../fixtures/test.ts';
import { expectGood } from './good.ts';

for (const width of [390, 1280]) {
  for (const language of LANGUAGES) {
    test.describe(`${language} at ${width}`, () => {
      test.use({ viewport: { width, height: 900 }, locale: language === 'en' ? 'en-US' : 'es-MX' });

      test('deliveries, webhooks and the audit are good pages', async ({ page, newPage, portal }) => {
        const customer = await newPage({ locale: 'en-US' });
        await signIn(customer);
        const staff = await newPage({ locale: 'en-US' });
        await joinStaff(staff, portal, 'admin');
        await page.context().addCookies(await staff.context().cookies());
        for (const path of ['/staff/deliveries', '/staff/webhooks', '/staff/audit']) {
          await open(page, path);
          await expectGood(page);
        }
      });
    });
  }
}

test('where there is no mail server, mails are seen waiting', async ({ page, newPage, portal }) => {
  const customer = await newPage();
  await signIn(customer);
  await joinStaff(page, portal, 'support');
  await open(page, '/staff/deliveries');
  const row = page.getByRole('row', { name: /to sign in/ });
  await expect(row).toContainText('a***@customers.example');
  await expect(row).toContainText('waits');
  await expect(page.getByRole('button', { name: 'Print new letters' })).toHaveCount(0);
});

test('an admin adds a webhook, sees its secret once, and removes it', async ({ page, portal, deviceId }) => {
  await joinStaff(page, portal, 'admin');
  await open(page, '/staff/webhooks');
  await page.getByRole('textbox', { name: 'Address' }).fill('ftp://crm.gmec.example');
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByRole('alert')).toContainText('no address that can be called');
  await expect(page.getByRole('textbox', { name: 'Address' })).toHaveValue('ftp://crm.gmec.example');
  await page.getByRole('textbox', { name: 'Address' }).fill('https://crm.gmec.example/gridpass');
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.locator('#secret')).toHaveText(/^whsec_[0-9A-Za-z+/]{43}=$/);
  await expectGood(page);
  await portal.register(deviceId);
  await page.reload();
  await expect(page.locator('#secret')).toHaveCount(0);
  await expect(page.getByRole('row', { name: /enrollment\.open/ })).toBeVisible();
  await page.getByText('Remove this address').first().click();
  await page.getByRole('button', { name: 'Remove this address' }).click();
  await expect(page.getByRole('status')).toContainText('removed');
});

test('an auditor reads, verifies and downloads the record', async ({ page, newPage, portal, deviceId }) => {
  const customer = await newPage();
  await signIn(customer);
  await addDevice(customer, deviceId);
  await joinStaff(page, portal, 'auditor');
  await open(page, '/staff/audit');
  await page.getByLabel('What').fill('enrollment.');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('row', { name: /enrollment\.open/ })).toContainText('customer:');
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(page.getByRole('status'), 'the page follows the work').toContainText(
    'are as they were written',
  );
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as JSON lines' }).click(),
  ]);
  const text = await (await import('node:fs/promises')).readFile(await download.path(), 'utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.at(-1)).toHaveProperty('checkpoint');
  expect(lines[0]).toMatchObject({ seq: 1 });
  expect(text).not.toContain(deviceId);
});

test('support cannot reach the record or the webhooks', async ({ page, portal, complaints }) => {
  complaints.expectStatus(403);
  await joinStaff(page, portal, 'support');
  for (const path of ['/staff/audit', '/staff/webhooks']) {
    await open(page, path);
    await expect(page.getByRole('heading', { name: 'Your role does not include this' })).toBeVisible();
  }
  const answer = await page.request.get('/staff/audit.jsonl');
  expect(answer.status()).toBe(403);
});
