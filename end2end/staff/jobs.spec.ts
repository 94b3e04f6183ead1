import { readFile } from 'node:fs/promises';
import { joinStaff } from '../fixtures/staff.ts';
import { eachLanguage, expect, open, type Page, test } from '../fixtures/test.ts';
import { expectGood } from './good.ts';

const PATH = '/staff/jobs';
const HEAD = 'account,device_id,channel\n';

/** Hands a file in. Ends on its page. */
async function upload(page: Page, content: string | Buffer): Promise<void> {
  await open(page, PATH);
  await page.locator('input[type=file]').setInputFiles({
    name: 'devices.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(content),
  });
  await page.locator('form[enctype] button[type=submit]').click();
}

test('a file is checked, registered, and its result downloaded', async ({ page, portal }) => {
  await joinStaff(page, portal, 'operator');
  const lines = Array.from({ length: 500 }, (_, number) => `A-1001,SN-${10_000_000 + number},email\n`);
  await upload(page, `${HEAD}${lines.join('')}A-9999,SN-20000000,email\nA-1001,short,email\n`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('devices.csv');
  await expect(page.locator('h1 + .badge'), 'the page follows the work').toHaveText('Checked');
  const problems = page.getByRole('table', { name: 'Lines that are not registered' });
  await expect(problems.getByRole('row')).toHaveCount(3);
  await expect(problems).toContainText('There is no such account');
  await expect(problems).toContainText('This is no device ID');

  await page.getByRole('button', { name: 'Register 500 devices' }).click();
  await expect(page.locator('h1 + .badge')).toHaveText('Finished');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the result (CSV)' }).click();
  const result = await readFile(await (await download).path(), 'utf8');
  expect(result.trim().split('\n')).toHaveLength(503);
  expect(result.match(/,registered,,[0-9a-f-]{36}/g)).toHaveLength(500);
  expect(result).toContain('502,A-9999,refused,unknown-account,');

  await open(page, '/staff/enrollments');
  await expect(page.getByRole('row')).toHaveCount(51);
});

test('a file that is none is refused with what to do', async ({ page, portal }) => {
  await joinStaff(page, portal, 'admin');
  await upload(page, 'number;serial\n1;2\n');
  await expect(page.getByRole('alert')).toContainText('account and device_id');
  await upload(page, Buffer.from([0xff, 0xfe, 0x00]));
  await expect(page.getByRole('alert')).toContainText('UTF-8');
});

test('a checked file can be given up', async ({ page, portal }) => {
  await joinStaff(page, portal, 'operator');
  await upload(page, `${HEAD}A-1001,SN-10000000,email\n`);
  await expect(page.locator('h1 + .badge')).toHaveText('Checked');
  await page.locator('summary', { hasText: 'Stop' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.locator('h1 + .badge')).toHaveText('Stopped');
  await open(page, '/staff/enrollments');
  await expect(page.getByRole('heading', { name: 'No enrollments yet' })).toBeVisible();
});

test('support does not import', async ({ page, portal, complaints }) => {
  complaints.expectStatus(403);
  await joinStaff(page, portal, 'support');
  await open(page, PATH);
  await expect(page.getByRole('heading', { name: 'Your role does not include this' })).toBeVisible();
});

eachLanguage((language) => {
  for (const width of [390, 1280] as const) {
    test(`jobs are accessible in ${language}, ${width} pixels wide`, async ({ portal, newPage }) => {
      const desk = await newPage({ locale: 'en-US', viewport: { width, height: 900 } });
      await joinStaff(desk, portal, 'operator');
      if (language === 'es') await desk.locator('button[name=language][value=es]').click();
      await open(desk, PATH);
      await expect(desk.locator('html')).toHaveAttribute('lang', language);
      await expectGood(desk);
      await upload(desk, `${HEAD}A-1001,SN-10000000,email\nA-1001,short,email\n`);
      await expect(desk.locator('#start')).toBeVisible();
      await expectGood(desk);
      await desk.locator('#start').focus();
      await desk.keyboard.press('Enter');
      await expect(desk.locator('h1 + .badge-good')).toBeVisible();
      await expectGood(desk);
      await open(desk, PATH);
      await expectGood(desk);
    });
  }
});
