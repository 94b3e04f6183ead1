import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CLIENT_ID, CLIENT_SECRET, Issuer } from '../fixtures/issuer.ts';
import { Portal } from '../fixtures/portal.ts';
import { expect, expectAccessible, type Page, test as base } from '../fixtures/test.ts';

const PROVIDER = 'Green Mountain Electric Coop';

/** The demo installation, whose provider has an issuer. */
const test = base.extend<{ issuer: Issuer }>({
  issuer: async ({}, use) => {
    const issuer = await Issuer.start();
    await use(issuer);
    await issuer.stop();
  },
  portal: async ({ issuer }, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'gridpass-oidc-'));
    const demo = await readFile(resolve(import.meta.dirname, '../../gridpass.toml'), 'utf8');
    const file = join(folder, 'gridpass.toml');
    await writeFile(join(folder, 'secret'), `${CLIENT_SECRET}\n`);
    await writeFile(
      file,
      `${demo}
[providers.oidc]
issuer = "${issuer.url}"
client_id = "${CLIENT_ID}"
client_secret_file = "${join(folder, 'secret')}"
customers = { account_claim = "account_number" }
staff = { role_claim = "roles", roles = { "gridpass-admins" = "admin" } }
`,
    );
    const portal = await Portal.start({ environment: { CONFIG: file } });
    issuer.portal = portal.origin;
    await use(portal);
    await portal.stop();
    await rm(folder, { recursive: true });
  },
});

/** Signs in at the issuer, on its own pages; the font that they want is not on this machine. */
async function signInAs(page: Page, who: string): Promise<void> {
  await page.route('https://fonts.googleapis.com/**', (route) =>
    route.fulfill({ contentType: 'text/css', body: '' }),
  );
  await page.getByRole('link', { name: `Sign in with ${PROVIDER}` }).click();
  await page.getByPlaceholder('Enter any login').fill(who);
  await page.getByPlaceholder('and password').fill('anything');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('a customer signs in at the issuer and sees the own devices', async ({ page }) => {
  await page.goto('/account');
  await expectAccessible(page);
  await signInAs(page, 'ada');
  await expect(page).toHaveURL(/\/devices$/);
  await page.goto('/account');
  await expect(page.getByText('Ada Alvarez')).toBeVisible();
});

test('staff signs in at the issuer, with the role that the issuer says', async ({ page, portal }) => {
  await page.goto('/staff');
  await expectAccessible(page);
  await signInAs(page, 'grace');
  await expect(page).toHaveURL(/\/staff$/);
  await expect(page.getByText('You are signed in as Grace')).toBeVisible();
  await page.goto('/staff/people');
  await expect(page.getByText('grace@gmec.example')).toBeVisible();
  expect(await portal.log()).not.toContain(CLIENT_SECRET);
});

test('an answer is worth nothing in another browser than the one that began', async ({
  page,
  newPage,
  portal,
  issuer,
}) => {
  const begin = (path: string) =>
    page.request.get(`${portal.origin}/oidc/${path}/begin`, { maxRedirects: 0 });
  const begun = await begin('demo/customer');
  expect(begun.status()).toBe(303);
  const address = new URL(begun.headers().location ?? '');
  expect(address.origin).toBe(issuer.url);
  expect(begun.headers()['set-cookie']).toMatch(
    /^gridpass-oidc=[\w-]{43}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=600$/,
  );
  expect((await begin('nobody/customer')).status()).toBe(404);
  expect((await begin('demo/everybody')).status()).toBe(404);

  const other = await newPage();
  await other.goto(`/oidc/callback?code=stolen&state=${address.searchParams.get('state')}`);
  await expect(other).toHaveURL(/\/account\?oidc=refused$/);
  await expect(other.getByRole('alert').filter({ hasText: 'This sign-in did not work' })).toBeVisible();
});

test('somebody without an account is told what to do, and is not signed in', async ({ page }) => {
  await page.goto('/account');
  await signInAs(page, 'stranger');
  await expect(page.getByRole('alert').filter({ hasText: 'This sign-in did not work' })).toBeVisible();
  await expectAccessible(page);
  await page.goto('/devices');
  await expect(page).toHaveURL(/\/account/);
});
