// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// What is done to one finished job: pin, delete after a question, and an action that is refused

'use strict';

const {open} = require('../page.js');

async function readToast(page, selector) {
  const toast = page.locator(selector).last();
  await toast.waitFor();
  return toast.innerText();
}

module.exports = async ({page, url, options}) => {
  await open(page, url, '#jobs');
  const row = page.locator(`tr[data-row="${options.job}"]`);
  const button = (name) => page.locator(`[data-key="${options.job}-${name}"]`);
  const result = {};

  // A user who may only look
  await page.route(`**/jobs/${options.job}/archive/pin`, (route) => route.fulfill({status: 403, contentType: 'text/plain', body: '{"Details": "No"}'}), {times: 1});
  await button('pin').click();
  result.refused = await readToast(page, '.toast-error .toast-text');
  await page.locator('.toast-error button').click();

  await button('pin').click();
  await page.waitForSelector(`[data-key="${options.job}-pin"][aria-pressed="true"]`);
  result.pinned = await readToast(page, '.toast-success .toast-text');

  // Escape and "Keep it" both change nothing
  await button('trash').click();
  await page.locator('dialog').waitFor();
  result.question = await page.locator('dialog p').innerText();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({state: 'detached'});
  result.rows = await row.count();
  await button('trash').click();
  await page.locator('dialog .danger').click();
  await row.waitFor({state: 'detached'});
  return result;
};
