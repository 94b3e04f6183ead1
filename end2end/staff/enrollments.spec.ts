import { enterDeviceId, expectConnected } from '../fixtures/device.ts';
import { joinStaff } from '../fixtures/staff.ts';
import { eachLanguage, expect, open, type Page, test } from '../fixtures/test.ts';
import { expectGood } from './good.ts';

const PATH = '/staff/enrollments';

/** The row of a device, by the end of its ID. */
function row(page: Page, deviceId: string) {
  return page.getByRole('row', { name: deviceId.slice(-4) });
}

async function search(page: Page, text: string): Promise<void> {
  await page.getByRole('searchbox').fill(text);
  await page.getByRole('searchbox').press('Enter');
  await expect(page).toHaveURL(/q=/);
}

test('the list follows what a customer does in another browser', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  await joinStaff(page, portal, 'support');
  await open(page, PATH);
  await expect(page.getByRole('heading', { name: 'No enrollments yet' })).toBeVisible();

  const label = await portal.label(deviceId);
  await expect(row(page, deviceId)).toContainText('Waiting');
  await expect(row(page, deviceId)).toContainText('Ada Alvarez');

  await row(page, deviceId).getByRole('link').focus();
  const phone = await newPage();
  await open(phone, label.link);
  await enterDeviceId(phone, deviceId);
  await expectConnected(phone);
  await expect(row(page, deviceId)).toContainText(/Connected|Active/);
  await expect(row(page, deviceId).getByRole('link'), 'the focus stays where it was').toBeFocused();
});

test('the timeline grows while it is read', async ({ page, newPage, portal, deviceId }) => {
  await joinStaff(page, portal, 'support');
  const label = await portal.label(deviceId);
  await open(page, `${PATH}/${label.enrollment_id}`);
  const timeline = page.getByRole('region', { name: 'What happened' });
  await expect(timeline.getByRole('listitem').first()).toContainText('Registered the device');

  const phone = await newPage();
  await open(phone, label.link);
  await enterDeviceId(phone, 'SN-0000-0000');
  await expect(timeline).toContainText('Entered a wrong device ID; 4 tries left');
  await expect(timeline).toContainText('The code was used for the first time');
  expect(await page.content(), 'nothing here opens the label').not.toContain(label.manual_code);
});

test('one field finds a device, an account, a name and an id', async ({ page, portal, deviceId }) => {
  await joinStaff(page, portal, 'auditor');
  const mine = await portal.register(deviceId, { account: 'A-1002' });
  await portal.register('SN-99999999', { account: 'A-1001' });
  await open(page, PATH);
  await expect(page.getByRole('row')).toHaveCount(3);
  for (const text of [deviceId.toLowerCase(), 'A-1002', 'benito', mine.temporary_id, mine.enrollment_id]) {
    await search(page, text);
    await expect(page.getByRole('row'), text).toHaveCount(2);
    await expect(row(page, deviceId)).toContainText('Benito Cruz');
  }
  await search(page, deviceId.slice(0, 6));
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();
  await page.getByRole('link', { name: 'Show all' }).click();
  await page.getByLabel('State', { exact: true }).selectOption('Locked');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();
});

test('a list of many is read a page at a time', async ({ page, portal }) => {
  await joinStaff(page, portal, 'support');
  const token = (await portal.run('token', 'create', '--provider', 'demo', '--name', 'many')).trim();
  for (let number = 0; number < 51; number += 1) {
    const answer = await fetch(`${portal.origin}/api/v1/registrations`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        account: 'A-1001',
        device_id: `SN-${10_000_000 + number}`,
        kind: 'device',
        channel: 'api',
      }),
    });
    expect(answer.status).toBe(201);
  }
  await open(page, PATH);
  await expect(page.getByRole('row')).toHaveCount(51);
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.getByRole('link', { name: 'First page' }).click();
  await expect(page.getByRole('row')).toHaveCount(51);
});

test('what was noted stays, and a form that came too late says how things stand', async ({
  page,
  portal,
  deviceId,
}) => {
  await joinStaff(page, portal, 'support');
  const { enrollment_id } = await portal.label(deviceId);
  await open(page, `${PATH}/${enrollment_id}`);
  await page.getByText('Write a note').click();
  await page.getByLabel('Note').fill('Called, was friendly');
  await page.getByRole('button', { name: 'Keep the note' }).click();
  await expect(page.getByRole('status')).toHaveText('Your note is kept.');

  await page.locator('summary', { hasText: 'Cancel' }).click();
  await page.getByRole('textbox', { name: 'Reason' }).fill('moved house');
  // Somebody else was faster.
  await portal.run('enrollment', 'cancel', enrollment_id);
  await page.getByRole('button', { name: 'Cancel this enrollment' }).click();
  await expect(page.getByRole('region', { name: 'What happened' })).toContainText('Called, was friendly');
  await expect(page.locator('h1 + .badge')).toHaveText('Cancelled');
});

test('an auditor sees no action', async ({ page, portal, deviceId }) => {
  await joinStaff(page, portal, 'auditor');
  const { enrollment_id } = await portal.label(deviceId);
  await open(page, `${PATH}/${enrollment_id}`);
  await expect(page.getByText('your role only looks')).toBeVisible();
  await expect(page.locator('main textarea')).toHaveCount(0);
});

eachLanguage((language) => {
  for (const width of [390, 1280] as const) {
    test(`list and enrollment are accessible in ${language}, ${width} pixels wide`, async ({
      page,
      portal,
      newPage,
      deviceId,
    }) => {
      const desk = await newPage({ locale: 'en-US', viewport: { width, height: 900 } });
      await joinStaff(desk, portal, 'operator');
      if (language === 'es') await desk.locator('button[name=language][value=es]').click();
      await expect(desk.locator('html')).toHaveAttribute('lang', language);
      await expectGood(desk);
      await open(desk, PATH);
      await expectGood(desk);
      const { enrollment_id } = await portal.label(deviceId);
      await expect(desk.locator('tbody tr')).toHaveCount(1);
      await expectGood(desk);
      await desk.locator('tbody a').first().focus();
      await desk.keyboard.press('Enter');
      await expect(desk).toHaveURL(`${PATH}/${enrollment_id}`);
      for (const fold of await desk.locator('details').all()) await fold.locator('summary').click();
      await expectGood(desk);
      await desk.emulateMedia({ colorScheme: 'dark' });
      await expectGood(desk);
      await open(desk, `${PATH}?q=nobody`);
      await expectGood(desk);
      await page.close();
    });
  }
});
