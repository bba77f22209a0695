// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Finds a study, lists its documents, shows their pages

import {ROOT, features, getJson, call} from './api.js';
import {announceError, el, emptyNotice, icon, iconButton, iconLink, pager, replaceChildren} from './dom.js';
import {explainError, formatBytes, formatDicomDate, formatNumber, t, tn} from './i18n.js';

const LIMIT = 50; // documents of a page
const STUDIES = 50; // of one search
const PAGE_PIXELS = 1400;
const TYPES = {'application/pdf': 'PDF', 'text/xml': 'CDA', 'model/stl': 'STL', 'model/obj': 'OBJ', 'model/mtl': 'MTL'};
const FIELDS = ['PatientID', 'PatientName', 'StudyDescription', 'AccessionNumber'];

// As people type: a part of the value is enough
function makePattern(text) {
  const value = text.trim();
  return value.includes('*') || value.includes('?') ? value : `*${value}*`;
}

function compareDocuments(left, right) {
  return (right.Date + right.Time).localeCompare(left.Date + left.Time) || left.Title.localeCompare(right.Title);
}

class DocumentsView {
  constructor(studyId) {
    this.studyId = /^[0-9a-f-]{44}$/.test(studyId) ? studyId : null;
    this.offset = 0;
    this.documents = [];
    this.page = 1;
  }

  mount(parent) {
    this.results = el('div', {class: 'results', 'aria-live': 'polite'});
    this.list = el('section', {class: 'documents', 'aria-label': t('documents.list'), tabindex: '-1'});
    this.preview = el('section', {class: 'preview', 'aria-label': t('documents.preview'), hidden: true});
    const inputs = FIELDS.map((name) => el('input', {type: 'search', id: `find-${name}`, 'data-field': name, autocomplete: 'off', spellcheck: 'false'}));
    const form = el('form', {class: 'find', role: 'search', onsubmit: (event) => {
      event.preventDefault();
      this.find(inputs);
    }}, inputs.map((input) => el('div', {class: 'field'}, el('label', {for: input.id}, t(`documents.field.${input.dataset.field}`)), input)),
    el('button', {type: 'submit', class: 'primary'}, t('documents.find')));
    parent.append(el('div', {class: 'page-head'}, el('h1', {}, t('documents.title'))), form, this.results,
      el('div', {class: 'split'}, this.list, this.preview));
    if (this.studyId) {
      this.open(this.studyId);
    }
  }

  async find(inputs) {
    const query = {};
    for (const input of inputs) {
      if (input.value.trim()) {
        query[input.dataset.field] = makePattern(input.value);
      }
    }
    replaceChildren(this.results, el('p', {class: 'muted'}, t('documents.searching')));
    try {
      const studies = await (await call('POST', 'tools/find', {body: {Level: 'Study', Expand: true, Limit: STUDIES + 1, CaseSensitive: false, Query: query}})).json();
      this.renderStudies(studies);
    } catch (error) {
      replaceChildren(this.results, el('p', {class: 'notice'}, icon('alert'), explainError(error)));
    }
  }

  renderStudies(studies) {
    if (!studies.length) {
      replaceChildren(this.results, emptyNotice(t('documents.noStudy')));
      return;
    }
    const shown = studies.slice(0, STUDIES);
    replaceChildren(this.results,
      el('p', {class: 'muted'}, studies.length > STUDIES ? t('documents.manyStudies', {count: STUDIES}) : tn('documents.studies', studies.length)),
      el('ul', {class: 'studies'}, shown.map((study) => this.makeStudy(study))));
  }

  makeStudy(study) {
    const tags = study.MainDicomTags || {};
    const patient = study.PatientMainDicomTags || {};
    const title = tags.StudyDescription || t('documents.noDescription');
    return el('li', {}, el('button', {type: 'button', class: 'study', 'aria-pressed': String(study.ID === this.studyId), 'data-study': study.ID,
      onclick: () => this.open(study.ID)},
    el('span', {class: 'name'}, title),
    el('span', {class: 'sub'}, [patient.PatientName, patient.PatientID, formatDicomDate(tags.StudyDate), tags.AccessionNumber].filter(Boolean).join(' · '))));
  }

  async open(studyId) {
    this.studyId = studyId;
    this.offset = 0;
    this.closePreview();
    for (const button of this.results.querySelectorAll('[data-study]')) {
      button.setAttribute('aria-pressed', String(button.dataset.study === studyId));
    }
    history.replaceState(null, '', `#documents/${studyId}`);
    replaceChildren(this.list, el('p', {class: 'muted', role: 'status'}, t('documents.loading')));
    try {
      const documents = await getJson(`studies/${studyId}/documents`);
      if (this.studyId === studyId) {
        this.documents = documents.sort(compareDocuments);
        this.render();
      }
    } catch (error) {
      replaceChildren(this.list, el('p', {class: 'notice'}, icon('alert'), explainError(error)));
    }
  }

  render() {
    if (!this.documents.length) {
      replaceChildren(this.list, emptyNotice(t('documents.none')));
      return;
    }
    const shown = this.documents.slice(this.offset, this.offset + LIMIT);
    replaceChildren(this.list,
      el('h2', {}, tn('documents.count', this.documents.length)),
      el('table', {class: 'table documents-table'},
        el('caption', {class: 'sr-only'}, t('documents.list')),
        el('thead', {}, el('tr', {}, ['title', 'date', 'type', 'pages', 'size'].map((name) =>
          el('th', {scope: 'col', class: `col-${name}`}, t(`documents.column.${name}`))),
        el('th', {scope: 'col', class: 'col-actions'}, el('span', {class: 'sr-only'}, t('jobs.column.actions'))))),
        el('tbody', {}, shown.map((item) => this.makeRow(item)))),
      pager({offset: this.offset, limit: LIMIT, shown: shown.length, total: this.documents.length, onmove: (offset) => {
        this.offset = offset;
        this.render();
      }}));
  }

  makeRow(item) {
    const title = item.Title || t('documents.untitled');
    const canPreview = item.Type === 'application/pdf' && features.HasPreviews;
    return el('tr', {'data-document': item.ID, class: this.shownId === item.ID ? 'expanded' : null},
      el('th', {scope: 'row', class: 'col-title'}, canPreview
        ? el('button', {type: 'button', class: 'expander', 'data-key': `${item.ID}-title`, onclick: () => this.show(item)}, el('span', {class: 'name'}, title))
        : el('span', {class: 'name'}, title)),
      el('td', {class: 'col-date num'}, formatDicomDate(item.Date)),
      el('td', {class: 'col-type'}, TYPES[String(item.Type).toLowerCase()] || item.Type),
      el('td', {class: 'col-pages num'}, item.Pages === null ? '–' : formatNumber(item.Pages)),
      el('td', {class: 'col-size num'}, formatBytes(item.SizeBytes)),
      el('td', {class: 'col-actions'}, el('div', {class: 'actions'},
        canPreview ? iconButton('eye', `${t('documents.preview')}: ${title}`, () => this.show(item), {'data-key': `${item.ID}-eye`}) : null,
        iconLink('download', `${t('action.downloadNow')}: ${title}`, `${ROOT}instances/${item.ID}/document?attachment`, {download: '', 'data-key': `${item.ID}-download`}))));
  }

  // ---- Preview

  show(item) {
    this.shownId = item.ID;
    this.page = 1;
    this.item = item;
    this.render();
    this.renderPreview();
    this.preview.querySelector('h2').focus();
  }

  closePreview() {
    this.shownId = null;
    this.preview.hidden = true;
    this.preview.replaceChildren();
  }

  move(step) {
    this.page = Math.max(1, Math.min(this.item.Pages || Infinity, this.page + step));
    this.renderPreview();
  }

  renderPreview() {
    const {item, page} = this;
    const title = item.Title || t('documents.untitled');
    const where = item.Pages ? t('documents.pageOf', {page: formatNumber(page), count: formatNumber(item.Pages)}) : t('documents.page', {page: formatNumber(page)});
    const image = el('img', {class: 'page', alt: `${title}, ${where}`, src: `${ROOT}instances/${item.ID}/document/preview?page=${page}&size=${PAGE_PIXELS}`});
    image.addEventListener('error', () => image.replaceWith(el('p', {class: 'notice', role: 'alert'}, icon('alert'), t('documents.noPreview'))));
    this.preview.hidden = false;
    replaceChildren(this.preview,
      el('div', {class: 'preview-head'}, el('h2', {tabindex: '-1'}, title),
        iconButton('cancel', t('action.close'), () => {
          const id = this.shownId;
          this.closePreview();
          this.render();
          this.list.querySelector(`[data-key="${CSS.escape(`${id}-title`)}"]`)?.focus();
        }, {'data-key': 'preview-close'})),
      el('div', {class: 'preview-bar'},
        el('button', {type: 'button', disabled: page <= 1, 'data-key': 'page-previous', onclick: () => this.move(-1)}, t('pager.previous')),
        el('span', {role: 'status'}, where),
        el('button', {type: 'button', disabled: Boolean(item.Pages) && page >= item.Pages, 'data-key': 'page-next', onclick: () => this.move(1)}, t('pager.next'))),
      image);
  }
}

export function create(parameter) {
  return new DocumentsView(parameter);
}
