import { openSignInLink, signIn } from '../fixtures/customer.ts';
import { expect, open, test } from '../fixtures/test.ts';

test.describe('a browser that prefers Spanish', () => {
  test.use({ locale: 'es-MX' });

  test('gets Spanish pages, and English ones after a switch that is remembered', async ({ page }) => {
    await open(page, '/e');
    await expect(page.locator('html')).toHaveAttribute('lang', 'es');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Conectar este dispositivo');
    await page.getByRole('button', { name: 'English' }).click();
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    await expect(page, 'the switch leads back to the same page').toHaveURL('/e');
    await open(page, '/');
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  });
});

test.describe('a browser that prefers a language that the portal does not speak', () => {
  test.use({ locale: 'fi-FI' });

  test('gets English pages', async ({ page }) => {
    await open(page, '/');
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  });
});

test('the customer’s own language greets after the sign-in', async ({ page }) => {
  await open(page, '/account');
  await page.getByLabel('Account number').fill('A-1002');
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible();
  await openSignInLink(page);
  await expect(page).toHaveURL('/devices');
  await expect(page.getByRole('heading', { name: 'Mis dispositivos' })).toBeVisible();
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('the language can be switched', async ({ page }) => {
    await page.goto('/');
    await page.getByRole('button', { name: 'Español' }).click();
    await expect(page.locator('html')).toHaveAttribute('lang', 'es');
    await page.getByRole('button', { name: 'English' }).click();
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  });
});

test('a session outlives a change of language', async ({ page }) => {
  await signIn(page);
  await page.getByRole('button', { name: 'Español' }).click();
  await expect(page.getByRole('heading', { name: 'Mis dispositivos' })).toBeVisible();
});
