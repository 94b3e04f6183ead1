import { openSignInLink, signIn } from '../fixtures/customer.ts';
import { expect, expectAccessible, hydrated, open, type Page, test } from '../fixtures/test.ts';

async function ask(page: Page, account: string): Promise<void> {
  await open(page, '/account');
  await page.getByLabel('Account number').fill(account);
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible();
  await hydrated(page);
}

async function newestCode(page: Page): Promise<string> {
  await open(page, '/dev/outbox');
  const text = (await page.locator('.mail-text').first().textContent()) ?? '';
  return /^(\d{4} \d{4})$/m.exec(text)?.[1] ?? '';
}

test('the code of the mail signs in, after a wrong one was refused in place', async ({ page, newPage }) => {
  await ask(page, 'A-1001');
  await expectAccessible(page);
  const code = await newestCode(await newPage());
  await page.getByLabel('Code from the message').fill('0000 0000');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'not right' })).toBeVisible();
  await page.getByLabel('Code from the message').fill(code);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'My devices' })).toBeVisible();
});

test('a link that is opened in another browser says where it works', async ({
  page,
  newPage,
  complaints,
}) => {
  complaints.expectStatus(403);
  await ask(page, 'A-1001');
  const other = await newPage();
  await openSignInLink(other);
  await expect(other.getByText('You asked for this link in another browser')).toBeVisible();
  await openSignInLink(page);
  await expect(page.getByRole('heading', { name: 'My devices' })).toBeVisible();
});

test('an account that does not exist is not told apart', async ({ page }) => {
  await ask(page, 'A-9999');
  await page.getByLabel('Code from the message').fill('1234 5678');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'not right' })).toBeVisible();
});

test('a customer sees what is kept, takes it along, and signs out everywhere', async ({ page, newPage }) => {
  await signIn(page);
  const other = await newPage();
  await signIn(other);
  await open(page, '/account/data');
  await expect(page.getByText('ada@customers.example')).toBeVisible();
  await expect(page.getByText('this browser')).toHaveCount(1);
  await expectAccessible(page);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Save everything as a file' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('my-data.json');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.waitForURL((address) => address.pathname === '/');
  await other.goto('/devices');
  await expect(other.getByRole('heading', { name: 'Sign in', exact: true })).toBeVisible();
});
