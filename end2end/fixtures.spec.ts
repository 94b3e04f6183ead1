import { Complaints } from './fixtures/console.ts';
import { expect, expectAccessible, open, test } from './fixtures/test.ts';

// The judges themselves: silence means something only when they would speak.

test('an inaccessible page is noticed', async ({ page }) => {
  await open(page, '/');
  await expectAccessible(page);
  await page.evaluate(() => {
    document.querySelector('main')?.append(document.createElement('img'), document.createElement('input'));
  });
  await expect(expectAccessible(page)).rejects.toThrow(/image-alt[\s\S]*label/);
});

test('complaints of pages and workers are noticed, but for what a test declares', async ({
  browser,
  portal,
}) => {
  const complaints = new Complaints();
  const context = await browser.newContext({ baseURL: portal.origin });
  complaints.watch(context);
  const page = await context.newPage();
  await open(page, '/');
  expect(complaints.unexpected()).toEqual([]);

  await page.evaluate(() => {
    console.error('of the page');
    setTimeout(() => {
      throw new Error('not caught');
    });
  });
  await page.evaluate(() => fetch('/api/nothing'));
  // A page without the portal's policy, which forbids workers like this one.
  await page.goto('about:blank');
  await page.evaluate(() => {
    const script = "console.error('of a worker')";
    new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
  });
  await expect.poll(() => complaints.unexpected().join('\n')).toContain('of a worker');
  for (const complaint of ['of the page', 'not caught', 'status of 404']) {
    expect(complaints.unexpected().join('\n')).toContain(complaint);
  }
  complaints.expectStatus(404);
  expect(complaints.unexpected().join('\n')).not.toContain('status of 404');
  expect(complaints.unexpected().join('\n')).toContain('of the page');
  await context.close();
});
