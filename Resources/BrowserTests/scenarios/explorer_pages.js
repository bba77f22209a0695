// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Opens options.pages one after the other; returns which entries of ours each has, and its text

'use strict';

const {openExplorer, shoot} = require('../explorer');

module.exports = async (run) => {
  const {page, options} = run;
  const found = [];
  for (const hash of options.pages) {
    await openExplorer(run, hash);
    if (options.waitFor) {
      await page.waitForSelector(options.waitFor);
    } else {
      await page.waitForLoadState('networkidle');
    }
    const entries = await page.locator('.ui-page-active .oar-entry').allInnerTexts();
    found.push({
      entries: entries.map((text) => text.trim()),
      documents: await page.locator('.ui-page-active #oar-documents li').count(),
      host: await page.locator('.ui-page-active [data-role="listview"] li').count(),
      text: await page.locator('.ui-page-active').innerText(),
    });
    await shoot(page, `${options.shot}-${hash.split('?')[0]}`);
  }
  return found;
};
