// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The list of jobs with what is in it: filters, search, details

'use strict';

const {open, readTexts} = require('../page.js');

module.exports = async ({page, url, options}) => {
  await open(page, url, '#jobs');
  await page.waitForSelector('.jobs tbody tr');
  const result = {
    title: await page.title(),
    names: await readTexts(page, '.jobs .name'),
    states: await readTexts(page, '.jobs .badge'),
    chips: await readTexts(page, '.chip'),
    markup: await page.locator('.jobs :is(img, script, b)').count(),
    live: await page.locator('.live').innerText(),
  };

  await page.locator('.chip[data-state="failure"]').click();
  await page.waitForFunction(() => [...document.querySelectorAll('.jobs .badge')].every((badge) => badge.classList.contains('badge-Failure')));
  result.failed = await readTexts(page, '.jobs .name');
  await page.locator('.jobs .expander').first().click();
  result.failure = await page.locator('.details .failure').innerText();

  await page.locator('.chip[data-state="all"]').click();
  await page.fill('input[type="search"]', options.text);
  await page.waitForFunction((count) => document.querySelectorAll('.jobs .name').length === count, options.found);
  result.found = await readTexts(page, '.jobs .name');
  const row = page.locator('.jobs tbody tr').first();
  await row.locator('.expander').click();
  result.expanded = await row.locator('.expander').getAttribute('aria-expanded');
  result.details = await page.locator('.details').innerText();
  const link = await page.locator('.downloads a').first().getAttribute('href');
  result.download = await page.evaluate(async (href) => (await fetch(href)).status, link);
  return result;
};
