// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The documents of a study, above its series

import {getFeatures} from './features.js';
import {formatDicomDate, formatNumber, formatSize, getJson, make, makeButton, makeId, makeLink, makeUrl,
        t} from './kit.js';

// The series below stay in sight
const SHOWN_FIRST = 6;
const SHOWN_MORE = 24;

const TYPES = {
  'application/pdf': 'PDF', 'text/xml': 'CDA', 'model/stl': 'STL', 'model/obj': 'OBJ', 'model/mtl': 'MTL'
};

function getTypeName(type)
{
  const name = (type || '').toLowerCase();
  return TYPES[name] || name.split('/').pop().toUpperCase();
}

function makePreview(entry, hasPreviews)
{
  const badge = make('span', {class: 'oar-badge', 'aria-hidden': 'true'}, getTypeName(entry.Type));
  if (entry.Type !== 'application/pdf' || !hasPreviews)
  {
    return badge;
  }
  const image = make('img', {
    loading: 'lazy', alt: '', onerror: () => image.replaceWith(badge),
    src: makeUrl(`instances/${entry.ID}/document/preview?page=1&size=320`)
  });
  return image;
}

function makeCard(entry, hasPreviews)
{
  const title = entry.Title || t('documents.untitled');
  const facts = [getTypeName(entry.Type), formatSize(entry.SizeBytes)];
  if (entry.Pages)
  {
    facts.push(t(entry.Pages === 1 ? 'documents.page' : 'documents.pages',
                 {count: formatNumber(entry.Pages)}));
  }
  const url = makeUrl(entry.Path);
  const separator = url.includes('?') ? '&' : '?';
  const actions = [makeLink(t('documents.download'), `${url}${separator}attachment`, {
    class: 'oar-button', download: true, 'aria-label': t('documents.download-named', {title})
  })];
  if (entry.Type === 'application/pdf')
  {
    actions.unshift(makeLink(t('documents.open'), url, {
      class: 'oar-button', target: '_blank', 'aria-label': t('documents.open-named', {title})
    }));
  }
  return make('li', {},
              make('div', {class: 'oar-preview'}, makePreview(entry, hasPreviews)),
              make('div', {class: 'oar-about'},
                   make('strong', {}, title),
                   make('span', {}, formatDicomDate(entry.Date || '', entry.Time || '')),
                   make('span', {}, facts.join(', ')),
                   make('div', {class: 'oar-actions'}, ...actions)));
}

function showMore(list, documents, more, hasPreviews)
{
  const begin = list.children.length;
  const end = begin + (begin === 0 ? SHOWN_FIRST : SHOWN_MORE);
  for (const entry of documents.slice(begin, end))
  {
    list.append(makeCard(entry, hasPreviews));
  }
  more.hidden = list.children.length >= documents.length;
  if (begin > 0 && list.children[begin])
  {
    const link = list.children[begin].querySelector('a');
    link.focus();
  }
}

function getKey(entry)
{
  return `${entry.Date || ''}${entry.Time || ''}`;
}

let wantedUuid = null;

// Shows those of the study that is shown; whoever is quicker with another study wins
export async function showDocuments(uuid)
{
  wantedUuid = uuid;
  const {hasPreviews} = await getFeatures();
  const place = document.getElementById('list-series');
  const isSame = old => old && old.dataset.uuid === uuid;
  const before = document.getElementById('oar-documents');
  if (before && !isSame(before))
  {
    before.remove();
  }
  let documents = [];
  try
  {
    documents = await getJson(`studies/${encodeURIComponent(uuid)}/documents`);
  }
  catch (error)
  {
    return; // who may not list them sees none, and the series as ever
  }
  if (wantedUuid !== uuid || place === null)
  {
    return;
  }
  const old = document.getElementById('oar-documents');
  if (old)
  {
    old.remove();
  }
  if (documents.length === 0)
  {
    return;
  }
  documents.sort((a, b) => (getKey(a) < getKey(b) ? 1 : -1));
  const heading = make('h2', {id: makeId()}, t('documents.title', {count: formatNumber(documents.length)}));
  const list = make('ul', {class: 'oar-documents', role: 'list'});
  const more = makeButton(t('documents.more'), () => showMore(list, documents, more, hasPreviews));
  const section = make('section', {
    id: 'oar-documents', class: 'oar-panel', 'data-uuid': uuid, 'aria-labelledby': heading.id
  }, heading, list, more);
  showMore(list, documents, more, hasPreviews);
  // The host's filter box belongs to the list of series
  const filter = place.previousElementSibling;
  const anchor = filter && filter.tagName === 'FORM' ? filter : place;
  anchor.before(section);
}
