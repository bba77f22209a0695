// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// From the page of a study to a file without a mouse, and out of a dialog again

'use strict';

const {openExplorer, readEstimate, download} = require('../explorer');

// Tab until the focus is on what the selector names
async function tabTo(page, selector) {
  for (let count = 0; count < 200; count++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) {
      return;
    }
  }
  throw new Error(`no way to ${selector} by Tab`);
}

const isInside = (page) => page.evaluate(
  () => document.querySelector('dialog[open]').contains(document.activeElement));

module.exports = async (run) => {
  const {page, options} = run;
  await openExplorer(run, options.page);
  await page.waitForSelector('#oar-attach-study');

  await tabTo(page, '#oar-attach-study');
  await page.keyboard.press('Space');
  await page.waitForSelector('dialog[open]');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog.oar-dialog', {state: 'detached'});
  const back = await page.evaluate(() => document.activeElement.id);

  await page.keyboard.press('Shift+Tab');
  const previous = await page.evaluate(() => document.activeElement.id);
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  const label = await page.evaluate(() => {
    const dialog = document.querySelector('dialog[open]');
    return document.getElementById(dialog.getAttribute('aria-labelledby')).textContent;
  });
  const stays = [];
  for (let count = 0; count < 30; count++) {
    await page.keyboard.press(count < 15 ? 'Tab' : 'Shift+Tab');
    stays.push(await isInside(page));
  }
  await page.evaluate(() => document.querySelector('dialog[open] input').focus());
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const chosen = await page.evaluate(() => document.activeElement.value);
  const estimate = await readEstimate(page);
  await tabTo(page, 'dialog button[type="submit"]');
  const file = await download(page, () => page.keyboard.press('Enter'));
  const unnamed = await page.evaluate(() => [...document.querySelectorAll('.oar-entry a, .oar-tray button')]
    .filter((element) => !element.textContent && !element.getAttribute('aria-label')).length);
  return {back, previous, label, stays, chosen, estimate, file, unnamed};
};
