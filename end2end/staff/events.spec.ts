import { enrol } from '../fixtures/device.ts';
import { joinStaff } from '../fixtures/staff.ts';
import { eachLanguage, expect, open, type Page, test } from '../fixtures/test.ts';
import { expectGood } from './good.ts';

const PATH = '/staff/dr';

/** Makes a programme. */
async function makeProgram(page: Page, name: string): Promise<void> {
  await open(page, `${PATH}/programs`);
  await page.locator('#name').fill(name);
  await page.locator('#description').fill('Less load on hot evenings');
  await page.locator('main form.form button[type=submit]').click();
  await expect(page.getByRole('rowheader', { name })).toBeVisible();
}

/** In so many hours, as the form takes it: whole minutes, UTC. */
function inHours(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 16);
}

/** Fills in the form of a new event, as far as it is not filled in. */
async function fillEvent(page: Page, name: string): Promise<void> {
  await open(page, `${PATH}/new`);
  await page.locator('#name').fill(name);
  await page.locator('#start').fill(inHours(2));
  await page.locator('#minutes').fill('60');
  await page.locator('#kind').selectOption('reduction');
  await page.locator('#amounts').fill('1.5; 2');
  await page.locator('#incentive').fill('2 dollars off');
}

/** Makes an event for everybody. Ends on its page. */
async function makeEvent(page: Page, name: string): Promise<void> {
  await fillEvent(page, name);
  await page.locator('#check').click();
  await page.locator('#send').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
}

test('an operator counts, sends, changes and cancels an event, and sees how far the devices are', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const phone = await newPage();
  await enrol(phone, portal, deviceId);
  await joinStaff(page, portal, 'operator');
  await open(page, PATH);
  await expect(page.getByText('There are no events yet.')).toBeVisible();
  await page.getByRole('link', { name: 'Make one first' }).click();
  await makeProgram(page, 'Summer evenings');

  await fillEvent(page, 'Evening peak');
  await expect(page.locator('#send'), 'nothing is sent uncounted').toHaveCount(0);
  await page.locator('#check').click();
  await expect(page.locator('#reaches')).toHaveText('This reaches 1 device now.');
  await expect(page.locator('#incentive')).toHaveValue('2 dollars off');
  await page.getByRole('button', { name: 'Send to 1 device' }).click();
  await expect(page.getByRole('status')).toContainText('on its way');
  await expect(page.locator('h1 + .badge')).toHaveText('Scheduled');
  await expect(page.locator('#asks')).toHaveText('1.5; 2 kW less per device');
  await expect(page.locator('#count-recipients'), 'told in the background').toHaveText('1');
  await expect(page.locator('#count-delivered')).toHaveText('0');

  await open(phone, '/device');
  await expect(page.locator('#count-delivered'), 'the page follows').toHaveText('1');

  await page.locator('#change').click();
  await expect(page.locator('#amounts')).toHaveValue('1.5; 2');
  await page.locator('#minutes').fill('120');
  await page.getByRole('button', { name: 'Change and tell anew' }).click();
  await expect(page.getByRole('status')).toContainText('told anew');
  await expect(page.locator('#event')).toContainText('120 min');

  await page.locator('#cancel').click();
  await page.locator('#cancel-confirm').click();
  await expect(page.locator('h1 + .badge')).toHaveText('Cancelled');
  await expect(page.locator('#change')).toHaveCount(0);
  await open(page, PATH);
  await expect(page.getByRole('row', { name: /Evening peak/ })).toContainText('Cancelled');
});

test('a form that cannot be an event says why and loses nothing', async ({ page, portal }) => {
  await joinStaff(page, portal, 'operator');
  await makeProgram(page, 'Summer evenings');
  await fillEvent(page, 'Too late');
  await page.locator('#start').fill('2020-01-01T10:00');
  await page.locator('#check').click();
  await expect(page.getByRole('alert')).toContainText('from now on');
  await expect(page.locator('#name')).toHaveValue('Too late');
  await expect(page.locator('#amounts')).toHaveValue('1.5; 2');
  await expect(page.locator('#start')).toHaveValue('2020-01-01T10:00');
  await page.locator('#start').fill(inHours(2));
  await page.locator('#reach-device').check();
  await page.locator('#device').fill('SN-0000-0000');
  await page.locator('#check').click();
  await expect(page.getByRole('alert')).toContainText('for whom the event is');
  await expect(page.locator('#reach-device')).toBeChecked();
  await expect(page.locator('#device')).toHaveValue('SN-0000-0000');
});

test('a group holds the devices that are put into it', async ({ page, newPage, portal, deviceId }) => {
  await enrol(await newPage(), portal, deviceId);
  await joinStaff(page, portal, 'operator');
  await open(page, `${PATH}/groups`);
  await page.locator('#name').fill('North side');
  await page.getByRole('button', { name: 'Make the group' }).click();
  await page.locator('#device').fill('SN-0000-0000');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('No connected device');
  await expect(page.locator('#device')).toHaveValue('SN-0000-0000');
  await page.locator('#device').fill(deviceId);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('table', { name: 'Devices' }).getByRole('row')).toHaveCount(2);

  await makeProgram(page, 'Summer evenings');
  await fillEvent(page, 'North alone');
  await page.locator('#reach-group').check();
  await page.locator('#check').click();
  await expect(page.locator('#reaches')).toHaveText('This reaches 1 device now.');
});

test('an auditor sees events and has no way to run them', async ({ newPage, portal, complaints }) => {
  const operator = await newPage();
  await joinStaff(operator, portal, 'operator');
  await makeProgram(operator, 'Summer evenings');
  await makeEvent(operator, 'Evening peak');
  const address = new URL(operator.url()).pathname;
  const auditor = await newPage();
  await joinStaff(auditor, portal, 'auditor');
  await open(auditor, address);
  await expect(auditor.locator('#count-recipients')).toHaveText('0');
  await expect(auditor.locator('#change, #cancel')).toHaveCount(0);
  await open(auditor, PATH);
  await expect(auditor.locator('#new')).toHaveCount(0);
  complaints.expectStatus(403);
  await open(auditor, `${PATH}/new`);
  await expect(auditor.getByRole('heading', { name: 'Your role does not include this' })).toBeVisible();
});

eachLanguage((language) => {
  for (const width of [390, 1280] as const) {
    test(`events are accessible in ${language}, ${width} pixels wide`, async ({ portal, newPage }) => {
      const desk = await newPage({ locale: 'en-US', viewport: { width, height: 900 } });
      await joinStaff(desk, portal, 'operator');
      if (language === 'es') await desk.locator('button[name=language][value=es]').click();
      await open(desk, PATH);
      await expect(desk.locator('html')).toHaveAttribute('lang', language);
      await expectGood(desk);
      await makeProgram(desk, 'Summer evenings');
      await expectGood(desk);
      await fillEvent(desk, 'Evening peak');
      await desk.locator('#check').click();
      await expect(desk.locator('#send')).toBeVisible();
      await expectGood(desk);
      await desk.locator('#send').focus();
      await desk.keyboard.press('Enter');
      await expect(desk.locator('h1 + .badge')).toBeVisible();
      await expectGood(desk);
      await desk.locator('#change').click();
      await expectGood(desk);
      await open(desk, `${PATH}/groups`);
      await desk.locator('#name').fill('North side');
      await desk.locator('main form.form button[type=submit]').click();
      await expect(desk.locator('#device')).toBeVisible();
      await expectGood(desk);
      await open(desk, PATH);
      await expectGood(desk);
    });
  }
});
