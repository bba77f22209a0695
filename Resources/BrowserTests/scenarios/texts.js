// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Every view in the language of the browser: the language, and what looks like the key of a missing text

'use strict';

const {open} = require('../page.js');

const KEY = /^[a-z]+(\.[A-Za-z]+)+$/;

module.exports = async ({page, url}) => {
  const missing = new Set();
  const titles = [];
  for (const view of ['jobs', 'spool', 'documents', 'graphs', 'health']) {
    await page.goto('about:blank');
    await open(page, url, `#${view}`);
    await page.waitForSelector('h1');
    titles.push(await page.locator('h1').innerText());
    const texts = await page.evaluate(() => [...document.querySelectorAll('body *')].flatMap((element) =>
      [element.getAttribute('aria-label'), element.getAttribute('title'), element.getAttribute('placeholder'),
        ...[...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent.trim())]));
    texts.filter((text) => text && (KEY.test(text) || /\{\w+\}/.test(text))).forEach((text) => missing.add(text));
  }
  const language = await page.evaluate(() => document.documentElement.lang);
  await page.selectOption('.menu:nth-of-type(2) select', 'es');
  await page.waitForFunction(() => document.documentElement.lang === 'es');
  return {language, titles, missing: [...missing], chosen: await page.locator('h1').innerText()};
};
