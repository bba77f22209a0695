// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Finds a study, shows a document of it page by page

'use strict';

const {open, readTexts} = require('../page.js');

module.exports = async ({page, url, options}) => {
  await open(page, url, '#documents');
  await page.fill('#find-PatientID', options.patient);
  await page.keyboard.press('Enter');
  await page.locator('.study').first().waitFor();
  const result = {studies: await readTexts(page, '.study .name'), patients: await readTexts(page, '.study .sub')};
  await page.locator('.study').first().click();
  await page.waitForSelector('.documents-table tbody tr');
  result.titles = await readTexts(page, '.documents-table tbody .name');
  result.markup = await page.locator('.results :is(img, script, b), .documents :is(img, script, b)').count();
  result.address = (await page.evaluate(() => location.hash)).slice(0, 11);

  await page.locator('.documents-table .expander').first().click();
  await page.waitForFunction(() => document.querySelector('img.page')?.naturalWidth > 0);
  result.preview = await page.locator('.preview h2').innerText();
  result.focus = await page.evaluate(() => document.activeElement.textContent);
  result.firstPage = await page.locator('.preview-bar [role=status]').innerText();
  await page.locator('[data-key="page-next"]').click();
  await page.waitForFunction(() => document.querySelector('img.page')?.src.includes('page=2') && document.querySelector('img.page').naturalWidth > 0);
  result.secondPage = await page.locator('.preview-bar [role=status]').innerText();
  const link = await page.locator('.documents-table a.icon-button').first().getAttribute('href');
  result.download = await page.evaluate(async (href) => {
    const answer = await fetch(href);
    return [answer.status, (await answer.text()).slice(0, 5)];
  }, link);
  return result;
};
