// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// What the page of the server's health finds: [level, name, text, what to do]

'use strict';

const {open} = require('../page.js');

module.exports = async ({page, url}) => {
  await open(page, url, '#health');
  await page.waitForSelector('.finding', {state: 'attached'});
  const findings = await page.locator('.finding').evaluateAll((items) => items.map((item) =>
    [item.className.replace('finding finding-', ''), item.dataset.finding, item.querySelector('.what').lastChild.textContent, item.querySelector('.todo')?.textContent ?? '']));
  return {summary: await page.locator('.summary').innerText(), findings, off: await page.locator('.tabs a.off').allInnerTexts(),
    heading: await page.locator('h1').innerText()};
};
