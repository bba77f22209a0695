// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// node run.js SCENARIO URL [JSON]: runs scenarios/SCENARIO.js in the Chromium of Debian and prints one
// JSON object: {"result": what the scenario returns, "complaints": what the browser did not like}.
// Exit code 1 and a message on stderr if the scenario throws.
//
// The URL is that of the server, without a slash at its end. The JSON object goes to the scenario; its
// member "context" has options of the browser context (viewport, colorScheme, locale, ...).
//
// A scenario exports async ({page, context, url, options, complaints}) => result. Tests of what goes
// wrong may remove what they expect from "complaints".

'use strict';

const path = require('path');

const MODULES = process.env.ADVANCED_REST_NODE_MODULES || path.join(__dirname, 'node_modules');
const {chromium} = require(path.join(MODULES, 'playwright-core'));

const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

// Whatever a page of ours should never do: scripts that throw, policies that are violated, files that are
// missing, and requests to anybody but the server
function watch(page, url, complaints) {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.stack || error.message}`));
  page.on('crash', () => complaints.push('the page has crashed'));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.on('request', (request) => {
    const target = request.url();
    if (!target.startsWith(url) && !/^(data|blob|about):/.test(target)) {
      complaints.push(`request to somebody else: ${target}`);
    }
  });
}

async function main([name, url, json]) {
  const options = JSON.parse(json || '{}');
  const scenario = require(path.join(__dirname, 'scenarios', `${path.basename(name)}.js`));
  const complaints = [];
  const browser = await chromium.launch({
    executablePath: process.env.ADVANCED_REST_CHROMIUM || '/usr/bin/chromium',
    headless: true,
    args: ARGUMENTS,
  });
  try {
    const context = await browser.newContext({
      viewport: {width: 1280, height: 800}, locale: 'en-US', ...options.context});
    context.setDefaultTimeout(60000);
    context.on('page', (page) => watch(page, url, complaints));
    const page = await context.newPage();
    const result = await scenario({page, context, browser, url, options, complaints});
    process.stdout.write(`${JSON.stringify({result: result === undefined ? null : result, complaints})}\n`);
  } finally {
    await browser.close();
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(`${error.stack || error}\n`);
    process.exit(1);
  });
