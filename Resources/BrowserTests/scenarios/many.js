// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// 10,000 jobs and 1,000 documents, played to the page: never more rows than one page of them

'use strict';

const {open} = require('../page.js');

function makeJob(number) {
  return {
    ID: `${String(number).padStart(8, '0')}-0000-0000-0000-000000000000`, Type: 'Archive', State: 'Success', Progress: 100, Priority: 0,
    Content: {ArchiveId: 'x', Filename: `Archive ${number}.zip`, ArchiveSize: '1000', InstancesCount: 1, Resources: []},
    CreationTime: '20260101T000000.000000', CompletionTime: '20260101T000001.000000', EffectiveRuntime: 1, ErrorCode: 0,
  };
}

function makeDocument(number) {
  return {ID: `${String(number).padStart(8, '0')}-00000000-00000000-00000000-00000000`, Title: `Document ${String(number).padStart(4, '0')}`,
    Date: '20260101', Time: '', Type: 'application/pdf', SizeBytes: 1000, Pages: 1};
}

async function playJobs(page, count) {
  await page.route(/\/jobs(\?.*)?$/, (route) => {
    const query = new URL(route.request().url()).searchParams;
    if (query.has('count')) {
      return route.fulfill({json: {Count: count}});
    }
    const offset = Number(query.get('offset') || 0);
    const length = Math.min(Number(query.get('limit')), count - offset);
    return route.fulfill({json: Array.from({length}, (unused, index) => makeJob(count - offset - index))});
  });
}

const countRows = (page, selector) => page.locator(`${selector} tbody tr`).count();

module.exports = async ({page, url, options}) => {
  const result = {};
  await playJobs(page, options.jobs);
  let begin = Date.now();
  await open(page, url, '#jobs');
  await page.waitForSelector('.jobs tbody tr');
  result.jobsMilliseconds = Date.now() - begin;
  result.jobRows = await countRows(page, '.jobs');
  result.range = await page.locator('.pager .muted').innerText();
  await page.locator('[data-key="pager-next"]').click();
  await page.waitForFunction((name) => document.querySelector('.jobs .name').textContent === name, `Archive ${options.jobs - 50}.zip`);
  result.secondRows = await countRows(page, '.jobs');

  begin = Date.now();
  await page.fill('input[type="search"]', 'archive 77');
  await page.waitForFunction(() => /Archive 77\.zip/.test(document.querySelector('.jobs tbody')?.lastElementChild?.textContent ?? '') ||
    document.querySelector('.pager .muted')?.textContent.endsWith('111'));
  result.searchMilliseconds = Date.now() - begin;
  result.searchRows = await countRows(page, '.jobs');

  await page.route('**/documents', (route) => route.fulfill({json: Array.from({length: options.documents}, (unused, index) => makeDocument(index))}));
  begin = Date.now();
  await page.goto('about:blank');
  await open(page, url, '#documents/00000000-00000000-00000000-00000000-00000000');
  await page.waitForSelector('.documents-table tbody tr');
  result.documentsMilliseconds = Date.now() - begin;
  result.documentRows = await countRows(page, '.documents-table');
  result.documents = await page.locator('.documents h2').innerText();
  return result;
};
