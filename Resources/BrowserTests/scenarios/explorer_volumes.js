// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// A medium in volumes of options.megabytes, asked for at once: all files come by themselves

'use strict';

const {openExplorer, openDialog, field, shoot} = require('../explorer');

module.exports = async (run) => {
  const {page, options} = run;
  const files = [];
  page.on('download', (file) => files.push(file.url()));
  await openExplorer(run, options.page);
  await openDialog(page, 'download-study');
  await field(page, 'Medium with DICOMDIR').check();
  await field(page, 'Split').selectOption({label: 'By size…'});
  await field(page, 'Size of a volume (MiB)').fill(String(options.megabytes));
  await field(page, 'Notes for the receiver (README.TXT)').check();
  await shoot(page, `${options.shot}-volumes`);
  await page.click('dialog[open] button[type="submit"]');
  const links = page.locator('.oar-tray li[data-job] a.oar-main');
  await links.first().waitFor();
  const texts = await links.allTextContents();
  while (files.length < texts.length) {
    await page.waitForTimeout(100);
  }
  await shoot(page, `${options.shot}-volumes-tray`);
  return {texts, files};
};
