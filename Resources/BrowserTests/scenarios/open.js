// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Opens options.path and waits for options.selector; returns the title and the status

'use strict';

module.exports = async ({page, url, options}) => {
  const answer = await page.goto(url + options.path);
  await page.waitForSelector(options.selector || 'body', {state: 'attached'});
  return {title: await page.title(), status: answer.status()};
};
