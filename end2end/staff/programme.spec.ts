import { readFile } from 'node:fs/promises';
import { enterDeviceId, expectConnected } from '../fixtures/device.ts';
import { joinStaff } from '../fixtures/staff.ts';
import { eachLanguage, expect, open, test } from '../fixtures/test.ts';
import { expectGood } from './good.ts';

const PATH = '/staff/programme';

test('the figures follow codes from their making to their end', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  await joinStaff(page, portal, 'auditor');
  await open(page, PATH);
  await expect(page.getByText('No codes were made in this time.')).toBeVisible();

  const label = await portal.label(deviceId);
  await portal.register('SN-99999999');
  const phone = await newPage();
  await open(phone, label.link);
  await enterDeviceId(phone, deviceId);
  await expectConnected(phone);
  // It says hello by itself.
  await open(page, `/staff/enrollments/${label.enrollment_id}`);
  await expect(page.locator('h1 + .badge')).toHaveText('Active');

  await open(page, PATH);
  const cells = (name: string) =>
    page.getByRole('table', { name: 'By channel' }).getByRole('row', { name }).getByRole('cell');
  // Registered, delivered, opened, confirmed, active.
  await expect(cells('Own systems')).toHaveText(['2', '2', '1', '1', '1']);
  await expect(cells('All')).toHaveText(['2', '2', '1', '1', '1']);
  await expect(page.getByRole('img', { name: 'How far the codes came' })).toContainText('1 (50 %)');

  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download as a table (CSV)' }).click();
  const table = await readFile(await (await download).path(), 'utf8');
  expect(table).toMatch(/^day,channel,registered,delivered,opened,confirmed,active\n/);
  expect(table).toMatch(/^\d{4}-\d\d-\d\d,api,2,2,1,1,1$/m);

  await page.getByLabel('Sent by').selectOption('Letter');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('No codes were made in this time.')).toBeVisible();
});

eachLanguage((language) => {
  for (const width of [390, 1280] as const) {
    test(`the programme is accessible in ${language}, ${width} pixels wide`, async ({
      portal,
      newPage,
      deviceId,
    }) => {
      const desk = await newPage({ locale: 'en-US', viewport: { width, height: 900 } });
      await joinStaff(desk, portal, 'operator');
      if (language === 'es') await desk.locator('button[name=language][value=es]').click();
      await open(desk, PATH);
      await expect(desk.locator('html')).toHaveAttribute('lang', language);
      await expectGood(desk);
      await portal.register(deviceId);
      await open(desk, PATH);
      await desk.locator('#by-day').focus();
      await desk.keyboard.press('Enter');
      await expectGood(desk);
      await desk.emulateMedia({ colorScheme: 'dark' });
      await expectGood(desk);
    });
  }
});
