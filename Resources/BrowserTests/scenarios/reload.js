// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// A download that is being prepared when the page is closed, and has ended when it is opened again. The
// only worker of the server is kept busy meanwhile by a receiver that never answers

'use strict';

const net = require('net');

const {open, readTexts, send} = require('../page.js');

async function waitForRow(page, job, badge) {
  await page.waitForSelector(`tr[data-row="${job}"] .badge-${badge}`);
}

module.exports = async ({page, url, options}) => {
  const sockets = [];
  const receiver = net.createServer((socket) => sockets.push(socket.on('error', () => {})));
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  await send(url, 'PUT', '/modalities/hanging', {AET: 'HANGING', Host: '127.0.0.1', Port: receiver.address().port});
  await send(url, 'POST', '/modalities/hanging/store', {Resources: [options.study], Asynchronous: true});
  const job = (await send(url, 'POST', `/studies/${options.study}/archive`, {Asynchronous: true, Filename: 'Waited for.zip'})).ID;

  await open(page, url, '#jobs');
  await waitForRow(page, job, 'Pending');
  await page.goto('about:blank');
  await open(page, url, '#jobs');
  const stillRunning = await readTexts(page, '.toast-text');
  await page.goto('about:blank');

  receiver.close();
  sockets.forEach((socket) => socket.destroy());
  const ended = await send(url, 'GET', `/jobs/${job}?wait=120`);
  await open(page, url, '#jobs');
  const announced = await readTexts(page, '.toast-text');
  const download = await page.locator('.toast-action').getAttribute('href');
  await open(page, url, '#jobs');
  await page.reload();
  await page.waitForSelector('html[data-ready]', {state: 'attached'});
  return {state: ended.State, stillRunning, announced, path: download.slice(url.length), job, again: await readTexts(page, '.toast-text')};
};
