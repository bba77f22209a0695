// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Attaches options.file ({name, mimeType, base64}) on options.page; "isDropped" lets it fall in. What the
// dialog says if it stays open, and the documents that the page lists

'use strict';

const {openExplorer, openDialog, field, shoot} = require('../explorer');

async function drop(page, file) {
  const data = await page.evaluateHandle(({name, mimeType, base64}) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, {type: mimeType}));
    return transfer;
  }, file);
  await page.dispatchEvent('dialog[open] .oar-drop', 'drop', {dataTransfer: data});
}

module.exports = async (run) => {
  const {page, options} = run;
  const {file} = options;
  const level = options.page.split('?')[0];
  await openExplorer(run, options.page);
  await openDialog(page, `attach-${level}`);
  const submit = page.locator('dialog[open] button[type="submit"]');
  const wasReady = await submit.isEnabled();
  if (options.isDropped) {
    await drop(page, file);
  } else {
    await page.setInputFiles('dialog[open] input[type="file"]', {
      name: file.name, mimeType: file.mimeType, buffer: Buffer.from(file.base64, 'base64')});
  }
  await page.waitForSelector('.oar-document p');
  const suggested = await field(page, 'Title').inputValue();
  if (options.title) {
    await field(page, 'Title').fill(options.title);
  }
  if (options.type) {
    await field(page, 'Type').selectOption({label: options.type});
  }
  await page.waitForTimeout(options.isShot ? 1500 : 0);
  const preview = await page.locator('.oar-document').evaluate((element) => ({
    text: element.innerText, frames: element.querySelectorAll('iframe').length,
    images: element.querySelectorAll('img').length}));
  await shoot(page, `${options.shot}-attach`);
  const answer = page.waitForResponse((response) => response.url().endsWith('/documents') &&
                                                    response.request().method() === 'POST');
  await submit.click();
  const status = (await answer).status();
  if (status !== 200) {
    await page.waitForFunction(() => document.querySelector('dialog .oar-failure').textContent !== '');
    const failure = await page.textContent('dialog .oar-failure');
    await shoot(page, `${options.shot}-attach-refused`);
    return {status, failure, preview, wasReady, suggested, isOpen: true};
  }
  await page.waitForSelector('dialog.oar-dialog', {state: 'detached'});
  return {status, preview, wasReady, suggested, isOpen: false};
};
