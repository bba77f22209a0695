// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Prepares in the background, reloads, goes to another page, fetches, puts the note away

'use strict';

const {openExplorer, openDialog, download, shoot} = require('../explorer');

const NOTE = '.oar-tray li[data-job]';

module.exports = async (run) => {
  const {page, options} = run;
  const stored = () => page.evaluate(() => localStorage.getItem('advanced-rest.jobs'));
  await openExplorer(run, options.page);
  await openDialog(page, 'download-study');
  await page.getByRole('button', {name: 'Prepare in the background'}).click();
  await page.waitForSelector(NOTE);
  const begun = await page.textContent(NOTE);
  const kept = await stored();

  await page.reload();
  await page.waitForSelector(NOTE);
  await page.goto(`${run.url}/app/explorer.html#plugins`);
  await page.reload();
  const link = page.locator(`${NOTE} a.oar-main`);
  await link.waitFor();
  const ready = await page.textContent(NOTE);
  await shoot(page, `${options.shot}-tray`);
  const file = await download(page, () => link.click());
  await page.getByRole('button', {name: /^Put away/}).click();
  await page.waitForSelector('.oar-tray', {state: 'hidden'});
  return {begun, ready, kept, left: await stored(), file};
};
