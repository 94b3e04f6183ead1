import { addDevice, openSignInLink, readLabel, signIn } from '../fixtures/customer.ts';
import { expect, hydrated, open, test } from '../fixtures/test.ts';

test('a customer without a session is led to the sign-in', async ({ page }) => {
  for (const address of ['/devices', '/devices/new']) {
    await open(page, address);
    await expect(page).toHaveURL('/account');
  }
});

test('an account that nobody knows is answered alike, and gets no mail', async ({ page }) => {
  await open(page, '/account');
  await page.getByLabel('Account number').fill('B-9999');
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible();
  await open(page, '/dev/outbox');
  await expect(page.getByText('No mails yet')).toBeVisible();
});

test('the e-mail address on file is as good as the account number', async ({ page }) => {
  await signIn(page, 'ada@customers.example');
});

test('a sign-in link works once', async ({ page, newPage, complaints }) => {
  await signIn(page);
  const other = await newPage();
  complaints.expectStatus(401);
  await openSignInLink(other);
  await expect(other.getByText('This link has been used or is too old.')).toBeVisible();
  await expect(other.getByRole('link', { name: 'Ask for a new link' })).toBeVisible();
  await open(other, '/devices');
  await expect(other).toHaveURL('/account');
});

test('the token of a sign-in link does not stay in the address bar', async ({ page }) => {
  await signIn(page);
  await page.goBack();
  expect(page.url()).not.toMatch(/#./);
});

test('signing out ends the session', async ({ page }) => {
  await signIn(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/');
  await open(page, '/devices');
  await expect(page).toHaveURL('/account');
});

test('the device ID is checked as it is typed', async ({ page }) => {
  await signIn(page);
  await open(page, '/devices/new');
  const field = page.getByLabel('Device ID');
  for (const [typed, said] of [
    ['SN-4711', 'At least 2 more letters or digits.'],
    ['SN-4711-0815', 'Looks right: a serial number.'],
    ['00:1a:2B-3c.4D_5e', 'Looks right: a network address (MAC).'],
    ['49-015420-323751-8', 'Looks right: an IMEI.'],
    ['49-015420-323751-9', 'One digit of this IMEI is wrong or swapped.'],
    ['SN/4711/0815', 'does not belong in a device ID'],
  ] as const) {
    await field.fill(typed);
    await expect(page.getByRole('main')).toContainText(said);
  }
});

test('what is no device ID is refused with a reason, and stays in the field', async ({ page }) => {
  await signIn(page);
  await open(page, '/devices/new');
  await page.getByLabel('Device ID').fill('SN-471');
  await page.getByRole('button', { name: 'Make the code' }).click();
  await expect(page.getByText('That is too short: 5 of at least 8')).toBeVisible();
  await expect(page.getByLabel('Device ID')).toBeFocused();
  await expect(page.getByLabel('Device ID')).toHaveValue('SN-471');
});

test('help shows where the chosen kind of device has its ID', async ({ page }) => {
  await signIn(page);
  await open(page, '/devices/new');
  const help = page.getByText('Take the front off its base');
  await expect(help).toBeHidden();
  await page.getByRole('radio', { name: 'Thermostat' }).check();
  await expect(help).toBeVisible();
});

test('a customer does not see the devices of another one', async ({
  page,
  newPage,
  complaints,
  deviceId,
}) => {
  await signIn(page);
  await addDevice(page, deviceId);
  const other = await newPage();
  await signIn(other, 'A-1003');
  await expect(other.getByText('No devices yet')).toBeVisible();
  complaints.expectStatus(404);
  await open(other, new URL(page.url()).pathname);
  await expect(other.getByRole('heading', { name: 'This page does not exist' })).toBeVisible();
});

test('a device that is registered again gets a new code; the old one is void', async ({ page, deviceId }) => {
  await signIn(page);
  await addDevice(page, deviceId);
  const old = await readLabel(page);
  await addDevice(page, deviceId);
  const fresh = await readLabel(page);
  expect(fresh.link).not.toBe(old.link);
  await open(page, '/devices');
  await expect(page.getByText('Replaced')).toBeVisible();
  await expect(page.getByText('Waiting for the device')).toBeVisible();
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('a customer signs in, registers a device and gets a label', async ({ page, deviceId }) => {
    await page.goto('/account');
    await page.getByLabel('Account number').fill('A-1001');
    await page.getByRole('button', { name: 'Send me a link' }).click();
    await page.getByRole('link', { name: 'Open the development outbox' }).click();
    const link = await page.getByRole('link', { name: 'Open the link' }).getAttribute('href');
    await page.goto('/account/link');
    await page.getByLabel('Code from the mail').fill(new URL(link ?? '').hash.slice(1));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL('/devices');
    await page.getByRole('link', { name: 'Add a device' }).click();
    await page.getByLabel('Device ID').fill(deviceId);
    await page.getByRole('button', { name: 'Make the code' }).click();
    await expect(page.getByRole('img', { name: 'QR code for your device' })).toBeVisible();
    await readLabel(page);
  });

  test('a device ID that is refused is refused on the same page, and nothing typed is lost', async ({
    page,
    newPage,
  }) => {
    const scripted = await newPage({ javaScriptEnabled: true });
    await signIn(scripted);
    await page.context().addCookies(await scripted.context().cookies());
    await page.goto('/devices/new');
    await page.getByRole('radio', { name: 'Thermostat' }).check();
    await page.getByLabel('Name').fill('Hallway');
    // Passes the browser's own checks, but is an IMEI with a wrong check digit.
    await page.getByLabel('Device ID').fill('490154203237519');
    await page.getByRole('button', { name: 'Make the code' }).click();
    await expect(page.getByText('That is not a device ID.')).toBeVisible();
    await expect(page.getByLabel('Device ID')).toHaveValue('490154203237519');
    await expect(page.getByLabel('Name')).toHaveValue('Hallway');
    await expect(page.getByRole('radio', { name: 'Thermostat' })).toBeChecked();
    await page.reload();
    await expect(page.getByLabel('Device ID'), 'it is kept for one load alone').toHaveValue('');
  });
});

test('with the keyboard alone a customer signs in, registers a device and reaches the code', async ({
  page,
  deviceId,
}) => {
  await open(page, '/account');
  await page.getByLabel('Account number').focus();
  await page.keyboard.type('A-1001');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible();
  await openSignInLink(page);
  await expect(page).toHaveURL('/devices');
  await hydrated(page);

  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Add a device' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Add a device' })).toBeVisible();
  await hydrated(page);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('radio', { name: 'Phone or tablet' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: 'Computer' })).toBeChecked();
  await page.keyboard.press('Tab');
  await page.keyboard.type(deviceId);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('img', { name: 'QR code for your device' })).toBeVisible();
});
