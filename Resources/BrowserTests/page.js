// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// What the scenarios of our own page share

'use strict';

const APP = '/advanced-rest/app/';

// Once the page has started, and has said what happened since the last visit
async function open(page, url, hash = '') {
  const answer = await page.goto(`${url}${APP}${hash}`);
  await page.waitForSelector('html[data-ready]', {state: 'attached'});
  return answer;
}

async function readTexts(page, selector) {
  return page.locator(selector).allInnerTexts();
}

async function send(url, method, path, body) {
  const answer = await fetch(`${url}${path}`, {method, body: body === undefined ? undefined : JSON.stringify(body)});
  if (!answer.ok) {
    throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  }
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

module.exports = {APP, open, readTexts, send};
