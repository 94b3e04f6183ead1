import type { Route } from '@playwright/test';
import { joinStaff } from '../fixtures/staff.ts';
import { expect, open, test } from '../fixtures/test.ts';

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
