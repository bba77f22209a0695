// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Without a mouse: the link to the content, the views, the details of a job

'use strict';

const {open} = require('../page.js');

const readFocus = (page) => page.evaluate(() => ({text: document.activeElement.innerText || document.activeElement.getAttribute('aria-label'),
  outline: getComputedStyle(document.activeElement).outlineStyle}));

module.exports = async ({page, url}) => {
  await open(page, url);
  await page.waitForSelector('.jobs tbody tr');
  const result = {};
  await page.keyboard.press('Tab');
  result.first = await readFocus(page);
  await page.keyboard.press('Enter');
  result.content = await page.evaluate(() => document.activeElement.id);
  for (let presses = 0; presses < 20; presses++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.matches('.expander'))) {
      break;
    }
  }
  result.expander = await readFocus(page);
  await page.keyboard.press('Enter');
  result.expanded = await page.evaluate(() => document.activeElement.getAttribute('aria-expanded'));
  await page.locator('.tabs a[href="#health"]').press('Enter');
  await page.waitForSelector('.finding', {state: 'attached'});
  result.afterMove = await page.evaluate(() => document.activeElement.id);
  result.current = await page.locator('.tabs a[aria-current]').allInnerTexts();
  result.landmarks = await page.evaluate(() => ['header', 'nav', 'main', '[role=status]', '[role=alert]'].map((selector) => Boolean(document.querySelector(selector))));
  // Nothing sticks out of a narrow page
  await page.setViewportSize({width: 360, height: 700});
  await page.goto('about:blank');
  await open(page, url, '#jobs');
  await page.waitForSelector('.jobs tbody tr');
  result.overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return result;
};
