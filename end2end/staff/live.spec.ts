import type { Route } from '@playwright/test';
import { enrol, enterDeviceId, expectConnected } from '../fixtures/device.ts';
import { joinStaff } from '../fixtures/staff.ts';
import { expect, expectAccessible, open, test } from '../fixtures/test.ts';

const PATH = '/staff/enrollments';

test('what changed before a page began to listen is on it all the same', async ({
  page,
  portal,
  deviceId,
}) => {
  await joinStaff(page, portal, 'support');
  // Another page listens already, so that the portal has no reason to tell this one what is known.
  const other = await page.context().newPage();
  await open(other, PATH);
  const held: Route[] = [];
  await page.route('**/staff/events', (route) => void held.push(route));
  await open(page, PATH);
  await portal.register(deviceId);
  await expect(other.getByRole('row'), 'the other page was told').toHaveCount(2);
  await expect(page.getByRole('heading', { name: 'No enrollments yet' })).toBeVisible();

  for (const route of held) await route.continue();
  await expect(page.getByRole('row')).toHaveCount(2);
});

test('a page that cannot be fetched when something changes is fetched later', async ({
  page,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(503);
  await joinStaff(page, portal, 'support');
  await open(page, PATH);
  await page.route(`**${PATH}`, (route) => route.fulfill({ status: 503 }));
  const refused = page.waitForResponse((response) => response.status() === 503);
  await portal.register(deviceId);
  await refused;
  await expect(page.getByRole('heading', { name: 'No enrollments yet' })).toBeVisible();

  await page.unroute(`**${PATH}`);
  await expect(page.getByRole('row')).toHaveCount(2);
});

test('a click that is under way when the page changes arrives', async ({ page, portal, deviceId }) => {
  await joinStaff(page, portal, 'support');
  const { enrollment_id } = await portal.register(deviceId);
  await open(page, PATH);
  const link = page.getByRole('row').getByRole('link');
  await link.hover();
  await page.mouse.down();
  const fetched = page.waitForResponse(
    async (response) => response.url().endsWith(PATH) && (await response.text()).includes('Benito Cruz'),
  );
  await portal.register(`${deviceId}1`, { account: 'A-1002' });
  await fetched;
  await page.mouse.up();
  await expect(page).toHaveURL(`${PATH}/${enrollment_id}`);
});

test('an enrollment follows as a whole: its keys, what waits for it, what can be done', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const desk = await newPage();
  await joinStaff(desk, portal, 'operator');
  const { link, enrollment_id } = await portal.label(deviceId);
  await open(desk, `${PATH}/${enrollment_id}`);
  const actions = desk.getByRole('region', { name: 'What you can do' });
  const newCode = actions.locator('summary', { hasText: 'Send a new code' });
  await expect(newCode).toBeVisible();

  await open(page, link);
  await enterDeviceId(page, deviceId);
  await expectConnected(page);
  await expect(desk.locator('h1 + .badge')).toHaveText('Active');
  await expect(desk.getByRole('region', { name: 'Keys of the device' })).toContainText('In use');
  await expect(desk.getByRole('region', { name: 'Sent to the device' })).toBeVisible();
  await expect(actions.locator('summary', { hasText: 'Put on hold' })).toBeVisible();
  await expect(newCode).toHaveCount(0);
  await expectAccessible(desk);
});

test('what is typed stays when an enrollment moves on, and whoever sends it too late is told so', async ({
  page,
  portal,
  deviceId,
}) => {
  await joinStaff(page, portal, 'support');
  const { enrollment_id } = await portal.register(deviceId);
  await open(page, `${PATH}/${enrollment_id}`);
  await page.getByText('Cancel', { exact: true }).click();
  const reason = page.getByRole('textbox', { name: 'Reason' });
  await reason.fill('Registered twice');
  await reason.blur();

  // Somebody else was faster.
  await portal.run('enrollment', 'cancel', enrollment_id);
  await expect(page.locator('h1 + .badge'), 'the page follows').toHaveText('Cancelled');
  await expect(reason).toHaveValue('Registered twice');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert')).toContainText('moved on');
  await expect(page.getByText('Registered twice')).toHaveCount(0);
});

test('what is chosen stays when something arrives beside it', async ({ page, newPage, portal, deviceId }) => {
  const enrollment = await enrol(await newPage(), portal, deviceId);
  await joinStaff(page, portal, 'operator');
  await open(page, `${PATH}/${enrollment}`);
  const mailbox = page.getByRole('region', { name: 'Sent to the device' });
  await mailbox.getByText('Send an instruction').click();
  const time = mailbox.getByLabel('Good for');
  await time.selectOption({ label: '6 hours' });
  await time.blur();

  const other = await page.context().newPage();
  await open(other, `${PATH}/${enrollment}`);
  await other.getByText('Send an instruction').click();
  await other.getByLabel('Instruction').fill('set-point');
  await other.getByRole('button', { name: 'Send' }).click();

  await expect(mailbox.getByRole('listitem')).toHaveCount(1);
  await expect(time).toHaveValue('21600');
});
