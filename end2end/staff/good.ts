import { expect, expectAccessible, type Page } from '../fixtures/test.ts';

/** Accessible, one heading of the first level, nothing cut off at the side. */
export async function expectGood(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expectAccessible(page);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `width of ${page.url()}`).toBeLessThanOrEqual(0);
}
