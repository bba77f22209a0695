// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// What the scenarios of Orthanc Explorer share

'use strict';

const fs = require('fs');
const path = require('path');

// "hash": "study?uuid=..."
async function openExplorer({page, url}, hash) {
  await page.goto(`${url}/app/explorer.html#${hash}`);
  await page.waitForSelector(`#${hash.split('?')[0]}.ui-page-active`);
}

async function openDialog(page, entry) {
  await page.click(`#oar-${entry}`);
  await page.waitForSelector('dialog.oar-dialog[open]');
}

// The line about size and time, once it is there
async function readEstimate(page) {
  await page.waitForFunction(() => document.querySelector('.oar-estimate').textContent !== '');
  return page.textContent('.oar-estimate');
}

// The controls are found as people find them: by their labels
function field(page, label) {
  return page.locator('dialog[open]').getByLabel(label, {exact: true});
}

// The file that "action" makes the browser download, in base64
async function download(page, action) {
  const [file] = await Promise.all([page.waitForEvent('download'), action()]);
  const content = fs.readFileSync(await file.path());
  return {name: file.suggestedFilename(), content: content.toString('base64')};
}

// For people: a picture into the directory that ADVANCED_REST_SCREENSHOTS names, if any
async function shoot(page, name) {
  const directory = process.env.ADVANCED_REST_SCREENSHOTS;
  if (directory) {
    await page.screenshot({path: path.join(directory, `${name}.png`)});
  }
}

module.exports = {openExplorer, openDialog, readEstimate, field, download, shoot};
