// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The page "Jobs": our rows, the host's list, and the link to our page. "cancel": of the first row

'use strict';

const {openExplorer, shoot} = require('../explorer');

module.exports = async (run) => {
  const {page, options} = run;
  await openExplorer(run, 'jobs');
  const rows = page.locator('#oar-jobs tbody tr');
  await rows.first().waitFor();
  if (options.waitFor) {
    await page.getByText(options.waitFor).first().waitFor();
  }
  await shoot(page, `${options.shot}-jobs`);
  const before = await rows.allInnerTexts();
  const host = await page.locator('#all-jobs h1').allTextContents();
  const console_ = await page.locator('#oar-jobs > .oar-line a').getAttribute('href');
  let after = null;
  if (options.press) {
    await rows.first().getByRole('button', {name: options.press}).click();
    await rows.first().getByText(options.pressedText).waitFor();
    after = await rows.first().innerText();
  }
  return {rows: before, host, console: console_, after};
};
