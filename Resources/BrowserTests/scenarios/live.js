// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// A job that begins and ends while the page is open

'use strict';

const {open, send} = require('../page.js');

module.exports = async ({page, url, options}) => {
  await open(page, url, '#jobs');
  await page.waitForSelector('.live .dot-events, .live .dot-polling');
  const job = (await send(url, 'POST', `/studies/${options.study}/archive`, {Asynchronous: true, Reuse: false, Filename: 'Live.zip'})).ID;
  await page.waitForSelector(`tr[data-row="${job}"] .badge-Success`);
  const mode = await page.locator('.live').innerText();
  return {mode, name: await page.locator(`tr[data-row="${job}"] .name`).innerText()};
};
