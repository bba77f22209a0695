// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The list of jobs as one user sees it

'use strict';

const {open, readTexts} = require('../page.js');

module.exports = async ({page, url}) => {
  await open(page, url, '#jobs');
  await page.waitForSelector('.jobs tbody tr');
  return {names: await readTexts(page, '.jobs .name'), notice: (await readTexts(page, 'main > .notice')).join(' ').trim(),
    user: (await readTexts(page, '.user')).join(''), off: await readTexts(page, '.tabs a.off')};
};
