// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The documents on the page of a study: what each card says, whether its preview is a picture, the file of
// the first one, and what "Show more" adds

'use strict';

const {openExplorer, download, shoot} = require('../explorer');

module.exports = async (run) => {
  const {page, options} = run;
  await openExplorer(run, options.page);
  const cards = page.locator('#oar-documents li');
  await cards.first().waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll('#oar-documents img')].slice(0, 4)
    .every((image) => image.complete && image.naturalWidth > 0));
  const shown = await cards.evaluateAll((items) => items.map((item) => ({
    title: item.querySelector('strong').textContent,
    text: item.innerText,
    hasPicture: item.querySelector('img') !== null,
    actions: [...item.querySelectorAll('a')].map((link) => link.getAttribute('aria-label')),
  })));
  await shoot(page, `${options.shot}-documents`);
  const link = cards.first().getByRole('link', {name: /^Download/});
  const file = await download(page, () => link.click());
  const more = page.locator('#oar-documents').getByRole('button', {name: 'Show more'});
  const hasMore = await more.isVisible();
  if (hasMore) {
    await more.click();
  }
  return {shown, file, hasMore, all: await cards.count(), isEnd: await more.isHidden()};
};
