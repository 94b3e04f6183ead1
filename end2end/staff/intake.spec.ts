import { joinStaff } from '../fixtures/staff.ts';
import { eachLanguage, expect, open, type Page, test } from '../fixtures/test.ts';
import { expectGood } from './good.ts';

const PATH = '/staff/intake';

async function find(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Customer' }).fill(text);
  await page.getByRole('button', { name: 'Find' }).click();
}

test('a device is registered for a customer on the phone, and staff never see the code', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  await joinStaff(page, portal, 'support');
  await open(page, '/staff/enrollments');
  await page.getByRole('link', { name: 'Register by phone' }).click();
  await find(page, 'nobody');
  await expect(page.getByRole('status')).toContainText('Nobody found');
  await find(page, 'benito');
  await page.getByRole('link', { name: 'Choose Benito Cruz, A-1002' }).click();

  await page.getByLabel('Device ID').fill('short');
  await page.getByLabel('Name of the device').fill('Hall thermostat');
  await page.getByRole('button', { name: 'Register and send the code' }).click();
  await expect(page.getByRole('alert')).toContainText('This is not a device ID');
  await expect(page.getByLabel('Device ID'), 'what was typed stays').toHaveValue('short');
  await expect(page.getByLabel('Name of the device')).toHaveValue('Hall thermostat');

  await page.getByLabel('Device ID').fill(deviceId);
  await page.getByRole('button', { name: 'Register and send the code' }).click();
  await expect(page.getByRole('status')).toContainText('The code is on its way to the customer');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Hall thermostat');

  const outbox = await newPage();
  await open(outbox, '/dev/outbox');
  const mail = await outbox.getByRole('main').innerText();
  const code = /([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}/.exec(mail)?.[0];
  expect(code, 'the customer gets the code').toBeDefined();
  expect(await page.content()).not.toContain(code ?? '');
});

test('a new code replaces one that is lost, with a reason for the record', async ({
  page,
  portal,
  deviceId,
}) => {
  await joinStaff(page, portal, 'support');
  const { enrollment_id } = await portal.register(deviceId);
  await open(page, `/staff/enrollments/${enrollment_id}`);
  await page.locator('summary', { hasText: 'Send a new code' }).click();
  await page.locator('#renew-words').fill('mail was deleted');
  await page.getByRole('button', { name: 'Send a new code' }).click();
  await expect(page.getByRole('status')).toContainText('A new code is on its way');
  await open(page, `/staff/enrollments/${enrollment_id}`);
  const timeline = page.getByRole('region', { name: 'What happened' });
  await expect(timeline).toContainText('mail was deleted');
  await timeline.getByRole('link', { name: 'See the newer one' }).first().click();
  await expect(page.locator('h1 + .badge')).toHaveText('Waiting');
});

eachLanguage((language) => {
  for (const width of [390, 1280] as const) {
    test(`the intake is accessible in ${language}, ${width} pixels wide`, async ({ portal, newPage }) => {
      const desk = await newPage({ locale: 'en-US', viewport: { width, height: 900 } });
      await joinStaff(desk, portal, 'support');
      if (language === 'es') await desk.locator('button[name=language][value=es]').click();
      await open(desk, `${PATH}?q=a`);
      await expect(desk.locator('html')).toHaveAttribute('lang', language);
      await expectGood(desk);
      await desk.locator('.choice-link').first().focus();
      await desk.keyboard.press('Enter');
      await expect(desk.locator('[name=device_id]')).toBeVisible();
      await expectGood(desk);
    });
  }
});
