// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// "Download now" on options.page, with the controls (by label) of options.fields filled: what the line of
// the estimate says, and the file

'use strict';

const {openExplorer, openDialog, readEstimate, field, download, shoot} = require('../explorer');

async function fill(page, label, value) {
  const control = field(page, label);
  const kind = await control.evaluate((element) => element.type || element.tagName);
  if (kind === 'checkbox' || kind === 'radio') {
    await control.check();
  } else if (kind === 'select-one') {
    await control.selectOption(value);
  } else {
    await control.fill(value);
  }
}

module.exports = async (run) => {
  const {page, options} = run;
  await openExplorer(run, options.page);
  await openDialog(page, `download-${options.page.split('?')[0]}`);
  const first = await readEstimate(page);
  for (const [label, value] of options.fields || []) {
    await fill(page, label, value);
  }
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(400);
  await page.waitForLoadState('networkidle');
  const estimate = await readEstimate(page);
  await shoot(page, `${options.shot}-dialog`);
  const button = page.locator('dialog[open] button[type="submit"]');
  if (options.isRefused) {
    return {first, estimate};
  }
  const file = await download(page, () => button.click());
  await page.waitForSelector('dialog.oar-dialog', {state: 'detached'});
  return {first, estimate, file};
};
