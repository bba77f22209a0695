// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The graphs once there is something to draw: what a screen reader is told of them

'use strict';

const {open} = require('../page.js');

module.exports = async ({page, url}) => {
  await open(page, url, '#graphs');
  // Values that are a change need two measurements
  await page.waitForFunction(() => document.querySelectorAll('.line-0[d^="M"]').length === document.querySelectorAll('.chart').length);
  await page.locator('.card summary').first().click();
  await page.waitForSelector('.card table tbody tr');
  return {texts: await page.locator('.chart').evaluateAll((charts) => charts.map((chart) => chart.getAttribute('aria-label'))),
    status: await page.locator('main > p').innerText()};
};
