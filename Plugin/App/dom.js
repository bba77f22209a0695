// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Elements are made by hand, texts are always text: nothing that comes from a DICOM file becomes markup.

import {explainError, formatNumber, t} from './i18n.js';

const SVG = 'http://www.w3.org/2000/svg';

// Strokes in a square of 24
const ICONS = {
  alert: 'M12 9v4m0 4h.01M10.3 3.9 1.8 18.2A2 2 0 0 0 3.5 21h17a2 2 0 0 0 1.7-2.8L13.7 3.9a2 2 0 0 0-3.4 0z',
  cancel: 'M18 6 6 18M6 6l12 12',
  check: 'M20 6 9 17l-5-5',
  chevron: 'm9 6 6 6-6 6',
  download: 'M12 3v12m-5-5 5 5 5-5M5 21h14',
  eye: 'M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7S2 12 2 12zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  info: 'M12 16v-4m0-4h.01M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20z',
  link: 'M10 13a5 5 0 0 0 7.5.5l3-3a5 5 0 0 0-7-7l-1.7 1.7M14 11a5 5 0 0 0-7.5-.5l-3 3a5 5 0 0 0 7 7l1.7-1.7',
  pause: 'M9 5v14M15 5v14',
  pin: 'M12 17v5M8 3h8l-1 7 3 3v2H6v-2l3-3z',
  play: 'M7 4v16l13-8z',
  retry: 'M3 12a9 9 0 1 0 2.6-6.4L3 8m0-5v5h5',
  trash: 'M4 7h16M10 11v6m4-6v6M6 7l1 14h10l1-14M9 7V3h6v4',
};

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

export function svgElement(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// el('button', {class: 'x', onclick: f, 'aria-label': 'y', hidden: true}, 'text', element, null...)
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) {
      continue;
    }
    if (key.startsWith('on')) {
      element.addEventListener(key.slice(2), value);
    } else if (key === 'value' || key === 'checked' || key === 'selected' || key === 'disabled') {
      element[key] = value;
    } else {
      element.setAttribute(key, value === true ? '' : value);
    }
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child);
    }
  }
  return element;
}

// As Element.append(), but what is null is left out
export function append(parent, ...children) {
  parent.append(...children.flat().filter((child) => child !== null && child !== undefined));
}

export function iconButton(name, label, onclick, extra = {}) {
  return el('button', {type: 'button', class: 'icon-button', title: label, 'aria-label': label, onclick, ...extra},
    icon(name));
}

// The address is ours: a path below the root
export function iconLink(name, label, href, extra = {}) {
  return el('a', {class: 'icon-button', title: label, 'aria-label': label, href, ...extra}, icon(name));
}

// Keeps the keyboard where it is, if what has the focus is replaced by something with the same data-key
export function replaceChildren(parent, ...children) {
  const active = document.activeElement;
  const key = active && parent.contains(active) ? active.dataset.key : undefined;
  parent.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
  if (key) {
    parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({preventScroll: true});
  }
}

// A page that lays out rows differently on narrow screens would lose the table for screen readers
export function withRoles(root) {
  const roles = {TABLE: 'table', THEAD: 'rowgroup', TBODY: 'rowgroup', TR: 'row', TD: 'cell'};
  for (const element of [root, ...root.querySelectorAll('table, thead, tbody, tr, th, td')]) {
    const role = element.tagName === 'TH' ? (element.scope === 'col' ? 'columnheader' : 'rowheader') : roles[element.tagName];
    if (role) {
      element.setAttribute('role', role);
    }
  }
  return root;
}

function patchRow(known, fresh) {
  known.className = fresh.className;
  if (fresh.dataset.signature !== undefined) {
    if (known.dataset.signature !== fresh.dataset.signature) {
      known.dataset.signature = fresh.dataset.signature;
      known.replaceChildren(...fresh.children);
    }
    return;
  }
  const cells = [...fresh.cells];
  [...known.cells].forEach((cell, index) => {
    if (!cell.isEqualNode(cells[index])) {
      cell.replaceWith(cells[index]);
    }
  });
}

// Makes the rows of a table what they should be, and touches only what has changed: a click must not miss
// because the list was read again meanwhile. Rows are known by data-row; those with data-signature stay as
// they are while it does
export function patchRows(body, rows) {
  const active = body.contains(document.activeElement) ? document.activeElement : null;
  const known = new Map([...body.children].map((row) => [row.dataset.row, row]));
  let next = body.firstElementChild;
  for (const fresh of rows) {
    const row = known.get(fresh.dataset.row) ?? fresh;
    known.delete(fresh.dataset.row);
    if (row !== fresh) {
      patchRow(row, fresh);
    }
    if (row === next) {
      next = next.nextElementSibling;
    } else {
      body.insertBefore(row, next);
    }
  }
  for (const row of known.values()) {
    row.remove();
  }
  if (active && document.activeElement !== active && active.dataset.key) {
    body.querySelector(`[data-key="${CSS.escape(active.dataset.key)}"]`)?.focus({preventScroll: true});
  }
}

// Says something that stays for some seconds; an error stays until it is closed. Screen readers read it
export function announce(text, kind = 'info', action = null) {
  const close = iconButton('cancel', t('action.close'), () => toast.remove());
  const toast = el('div', {class: `toast toast-${kind}`},
    icon(kind === 'error' ? 'alert' : kind === 'success' ? 'check' : 'info'),
    el('span', {class: 'toast-text'}, text), action, close);
  const list = document.getElementById(kind === 'error' ? 'alerts' : 'toasts');
  while (list.children.length >= 4) {
    list.firstElementChild.remove();
  }
  list.append(toast);
  if (kind !== 'error') {
    setTimeout(() => toast.remove(), action ? 20000 : 8000);
  }
}

export function announceError(error) {
  if (error.name !== 'AbortError') {
    announce(explainError(error), 'error');
  }
}

// Resolves to whether the user has agreed
export function confirmAction(text, label) {
  return new Promise((resolve) => {
    const dialog = el('dialog', {class: 'dialog', 'aria-label': label},
      el('p', {}, text),
      el('div', {class: 'dialog-buttons'},
        el('button', {type: 'button', onclick: () => dialog.close('')}, t('action.keep')),
        el('button', {type: 'button', class: 'danger', onclick: () => dialog.close('yes')}, label)));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Pages of a list; "total" may be unknown (null): then "hasMore" says whether there is another one
export function pager({offset, limit, shown, total, hasMore, onmove}) {
  const last = offset + shown;
  const text = total === null
    ? t('pager.range', {first: formatNumber(shown ? offset + 1 : 0), last: formatNumber(last)})
    : t('pager.of', {first: formatNumber(shown ? offset + 1 : 0), last: formatNumber(last), total: formatNumber(total)});
  const more = total === null ? hasMore : last < total;
  if (offset === 0 && !more) {
    return el('div', {class: 'pager'}, el('span', {class: 'muted'}, text));
  }
  return el('nav', {class: 'pager', 'aria-label': t('pager.label')},
    el('span', {class: 'muted'}, text),
    el('button', {type: 'button', disabled: offset === 0, 'data-key': 'pager-first', onclick: () => onmove(0)}, t('pager.first')),
    el('button', {type: 'button', disabled: offset === 0, 'data-key': 'pager-previous',
      onclick: () => onmove(Math.max(0, offset - limit))}, t('pager.previous')),
    el('button', {type: 'button', disabled: !more, 'data-key': 'pager-next', onclick: () => onmove(offset + limit)}, t('pager.next')));
}

export function makeProgress(percent, label) {
  const bar = el('progress', {max: '100', 'aria-label': label});
  bar.setAttribute('value', String(percent));
  return bar;
}

export function emptyNotice(text, ...more) {
  return el('div', {class: 'empty'}, el('p', {}, text), ...more);
}

export function debounce(call, milliseconds) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), milliseconds);
  };
}

export function meter(fraction, label) {
  const level = fraction >= 0.95 ? 'bad' : fraction >= 0.8 ? 'warn' : 'good';
  const bar = el('progress', {class: `meter meter-${level}`, max: '1', 'aria-label': label});
  bar.value = Math.min(1, Math.max(0, fraction));
  return bar;
}
