// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Starts the page: texts, what the server can do, and the view that the address asks for, "#jobs/ID"

import {ROOT, features, loadFeatures} from './api.js';
import {announceError, el, replaceChildren} from './dom.js';
import {explainError, language, LANGUAGES, loadMessages, setLanguage, t} from './i18n.js';
import * as jobs from './jobs.js';
import {startLive} from './live.js';
import {announceSinceLastVisit} from './watch.js';

const THEME = 'advancedRest.theme';
const VIEWS = {
  jobs: {load: async () => jobs, feature: null},
  spool: {load: () => import('./spool.js'), feature: 'Jobs'},
  documents: {load: () => import('./documents.js'), feature: 'Documents'},
  graphs: {load: () => import('./graphs.js'), feature: 'Metrics'},
  health: {load: () => import('./health.js'), feature: null},
};

let current = null;

function isOn(name) {
  return !VIEWS[name].feature || features[VIEWS[name].feature];
}

function parseAddress() {
  const [name, parameter] = location.hash.slice(1).split('/');
  return {name: name in VIEWS ? name : 'jobs', parameter: parameter || ''};
}

function applyTheme(theme) {
  if (theme === 'light' || theme === 'dark') {
    document.documentElement.dataset.theme = theme;
  } else {
    delete document.documentElement.dataset.theme;
  }
}

function makeThemeMenu() {
  const stored = localStorage.getItem(THEME) || 'auto';
  return el('label', {class: 'menu'}, el('span', {class: 'sr-only'}, t('menu.theme')),
    el('select', {onchange: (event) => {
      localStorage.setItem(THEME, event.target.value);
      applyTheme(event.target.value);
    }}, ['auto', 'light', 'dark'].map((name) => el('option', {value: name, selected: name === stored}, t(`theme.${name}`)))));
}

function makeLanguageMenu() {
  return el('label', {class: 'menu'}, el('span', {class: 'sr-only'}, t('menu.language')),
    el('select', {onchange: (event) => setLanguage(event.target.value)},
      Object.entries(LANGUAGES).map(([name, text]) => el('option', {value: name, lang: name, selected: name === language}, text))));
}

function renderTop(name) {
  replaceChildren(document.getElementById('top'),
    el('a', {class: 'brand', href: '#jobs', 'data-key': 'brand'}, el('span', {class: 'brand-mark', 'aria-hidden': 'true'}), t('app.title')),
    el('nav', {class: 'tabs', 'aria-label': t('menu.views')}, Object.keys(VIEWS).map((view) => el('a',
      {href: `#${view}`, 'aria-current': view === name ? 'page' : null, class: isOn(view) ? null : 'off', 'data-key': `tab-${view}`}, t(`view.${view}`)))),
    el('div', {class: 'top-end'},
      features.User ? el('span', {class: 'user', title: t('menu.user')}, features.User) : null,
      makeThemeMenu(), makeLanguageMenu(),
      el('a', {class: 'quiet-link', href: `${ROOT}app/explorer.html`}, t('menu.explorer'))));
}

async function show() {
  const {name, parameter} = parseAddress();
  current?.unmount?.();
  current = null;
  renderTop(name);
  document.title = `${t(`view.${name}`)} – ${t('app.title')}`;
  const main = document.getElementById('main');
  main.className = `view view-${name}`;
  if (!isOn(name)) {
    replaceChildren(main, el('h1', {}, t(`view.${name}`)), el('p', {class: 'notice'}, t('app.off', {option: VIEWS[name].feature})));
    return;
  }
  try {
    const view = (await VIEWS[name].load()).create(decodeURIComponent(parameter));
    if (parseAddress().name !== name) {
      return; // left meanwhile
    }
    current = view;
    main.replaceChildren();
    view.mount(main);
  } catch (error) {
    announceError(error);
  }
}

async function start() {
  applyTheme(localStorage.getItem(THEME));
  await loadMessages();
  document.getElementById('skip').textContent = t('app.skip');
  document.getElementById('skip').addEventListener('click', (event) => {
    event.preventDefault();
    document.getElementById('main').focus();
  });
  try {
    await loadFeatures();
  } catch (error) {
    replaceChildren(document.getElementById('main'), el('p', {class: 'notice'}, explainError(error)));
    return;
  }
  window.addEventListener('hashchange', () => {
    show();
    document.getElementById('main').focus({preventScroll: true});
  });
  await show();
  startLive();
  await announceSinceLastVisit();
  document.documentElement.dataset.ready = '';
}

start().catch(announceError);
