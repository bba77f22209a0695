// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Size of the first view over the wire, what the policy of the page stops, and the page behind a proxy that
// has put the server below another path

'use strict';

const http = require('http');

const {open} = require('../page.js');

function startProxy(url, prefix) {
  const proxy = http.createServer((request, answer) => {
    if (!request.url.startsWith(prefix)) {
      answer.writeHead(404).end();
      return;
    }
    const forwarded = http.request(url + request.url.slice(prefix.length), {method: request.method, headers: request.headers}, (original) => {
      answer.writeHead(original.statusCode, original.headers);
      original.pipe(answer);
    });
    answer.on('close', () => forwarded.destroy());
    forwarded.on('error', () => answer.destroy());
    request.pipe(forwarded);
  });
  return new Promise((resolve) => proxy.listen(0, '127.0.0.1', () => resolve(proxy)));
}

module.exports = async ({page, context, url, complaints}) => {
  let bytes = 0;
  const sizes = [];
  page.on('requestfinished', (request) => sizes.push(request.sizes().then((size) => {
    bytes += size.responseBodySize + size.responseHeadersSize;
  }).catch(() => {})));
  await open(page, url);
  await page.waitForSelector('.empty');
  await Promise.all(sizes);
  const result = {bytes};

  result.markup = await page.evaluate(() => {
    try {
      document.getElementById('main').innerHTML = '<b>x</b>';
      return 'set';
    } catch (error) {
      return error.name;
    }
  });
  result.inline = await page.evaluate(() => new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), {once: true});
    const style = document.createElement('style');
    style.textContent = 'body { display: none }';
    document.head.append(style);
  }));
  result.expected = complaints.splice(0).length;

  const proxy = await startProxy(url, '/pacs/one');
  const front = `http://127.0.0.1:${proxy.address().port}`;
  const other = await context.newPage();
  const wrong = [];
  other.on('response', (response) => response.status() >= 400 && wrong.push(response.url()));
  for (const path of ['/pacs/one/advanced-rest/app', '/pacs/one/advanced-rest/app/']) {
    await other.goto(front + path);
    await other.waitForSelector('.empty');
  }
  await other.goto(`${front}/pacs/one/advanced-rest/app/#health`);
  await other.waitForSelector('.finding', {state: 'attached'});
  result.wrong = wrong;
  await other.close();
  proxy.closeAllConnections?.();
  proxy.close();
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.startsWith('request to somebody else') || !text.includes(front)));
  return result;
};
