// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// "Download now" of a file that options.refuse, a part of the URL, makes the server refuse: the words

'use strict';

const {openExplorer, openDialog, readEstimate, shoot} = require('../explorer');

module.exports = async (run) => {
  const {page, options} = run;
  await openExplorer(run, options.page);
  await openDialog(page, 'download-study');
  const estimate = await readEstimate(page);
  await page.route((url) => url.pathname.endsWith('/archive') && url.search === '',
                   (route) => route.continue({url: `${route.request().url()}${options.refuse}`}));
  await page.click('dialog[open] button[type="submit"]');
  await page.waitForSelector('.oar-note');
  const note = await page.textContent('.oar-note .oar-failure');
  await shoot(page, `${options.shot}-refused`);
  await page.click('.oar-note button');
  return {estimate, note, isGone: await page.isHidden('.oar-tray')};
};
