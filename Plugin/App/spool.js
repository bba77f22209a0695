// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// What is kept of finished archives, and how much room it takes

import {features, getJson, loadFeatures, makeQuery, call} from './api.js';
import {announce, announceError, confirmAction, debounce, el, emptyNotice, icon, iconButton, iconLink, meter, pager, patchRows, replaceChildren, withRoles} from './dom.js';
import {formatBytes, formatFullTime, formatNumber, formatPercent, formatTime, parseTime, t} from './i18n.js';
import {downloadHref, parseJob, setPinned} from './jobview.js';
import {subscribe} from './live.js';

const LIMIT = 50;

class SpoolView {
  constructor() {
    this.offset = 0;
    this.archives = [];
    this.reloadSoon = debounce(() => this.load(), 1000);
    this.pollCount = 0;
  }

  mount(parent) {
    this.use = el('section', {class: 'tiles', 'aria-label': t('spool.use')});
    this.list = el('div', {class: 'list'});
    this.foot = el('div', {class: 'list-foot'});
    parent.append(el('div', {class: 'page-head'}, el('h1', {}, t('spool.title'))), el('p', {class: 'lead'}, t('spool.lead')),
      this.use, this.list, this.foot);
    this.stop = subscribe((event) => {
      if (event.type === 'state' || event.type === 'removed' || event.type === 'reset') {
        this.reloadSoon();
      } else if (event.type === 'poll' && this.pollCount++ % 5 === 4) {
        this.load();
      }
    });
    this.load();
  }

  unmount() {
    this.stop();
  }

  async load() {
    try {
      const [archives] = await Promise.all([
        getJson(`advanced-rest/archives${makeQuery({limit: LIMIT + 1, offset: this.offset, order: 'desc'})}`),
        loadFeatures()]);
      this.hasMore = archives.length > LIMIT;
      this.archives = archives.slice(0, LIMIT);
      if (!this.archives.length && this.offset > 0) {
        this.offset = Math.max(0, this.offset - LIMIT);
        return;
      }
      this.render();
    } catch (error) {
      announceError(error);
    }
  }

  render() {
    this.renderUse();
    if (!this.archives.length) {
      replaceChildren(this.list, emptyNotice(t('spool.none')));
      replaceChildren(this.foot);
      return;
    }
    if (!this.list.querySelector('tbody')) {
      replaceChildren(this.list, withRoles(el('table', {class: 'table spool'},
        el('caption', {class: 'sr-only'}, t('spool.title')),
        el('thead', {}, el('tr', {}, ['name', 'state', 'size', 'created', 'expires', 'downloads'].map((name) =>
          el('th', {scope: 'col', class: `col-${name}`}, t(`spool.column.${name}`))),
        el('th', {scope: 'col', class: 'col-actions'}, el('span', {class: 'sr-only'}, t('jobs.column.actions'))))),
        el('tbody'))));
    }
    patchRows(this.list.querySelector('tbody'), this.archives.map((archive) => withRoles(this.makeRow(archive))));
    replaceChildren(this.foot, pager({offset: this.offset, limit: LIMIT, shown: this.archives.length, total: null, hasMore: this.hasMore,
      onmove: (offset) => {
        this.offset = offset;
        this.load();
      }}));
  }

  renderUse() {
    const spool = features.Spool;
    const room = spool.QuotaBytes ?? spool.UsedBytes + (spool.FreeBytes ?? 0);
    const used = room > 0 ? spool.UsedBytes / room : 0;
    replaceChildren(this.use,
      el('div', {class: 'tile'}, el('h2', {}, t('spool.used')),
        el('p', {class: 'figure'}, formatBytes(spool.UsedBytes), el('span', {class: 'of'}, t('spool.of', {size: formatBytes(room)}))),
        meter(used, t('spool.used')), el('p', {class: 'muted'}, spool.QuotaBytes === null ? t('spool.noQuota') : t('spool.quota', {percent: formatPercent(used, 1)}))),
      spool.DiskBytes ? el('div', {class: 'tile'}, el('h2', {}, t('spool.disk')),
        el('p', {class: 'figure'}, formatBytes(spool.FreeBytes), el('span', {class: 'of'}, t('spool.free', {size: formatBytes(spool.DiskBytes)}))),
        meter(1 - spool.FreeBytes / spool.DiskBytes, t('spool.disk')),
        el('p', {class: 'muted'}, t('spool.diskHint'))) : null,
      el('div', {class: 'tile'}, el('h2', {}, t('spool.kept')),
        el('ul', {class: 'plain'},
          el('li', {}, spool.MaxAgeHours === null ? t('spool.ageNever') : t('spool.age', {hours: formatNumber(spool.MaxAgeHours)})),
          el('li', {}, spool.MaxArchives === null ? t('spool.countNever') : t('spool.count', {count: formatNumber(spool.MaxArchives)})),
          el('li', {}, t('spool.history', {hours: formatNumber(spool.HistoryHours)})))));
  }

  makeRow(archive) {
    const name = archive.Filename || archive.Id;
    const expires = parseTime(archive.Expires);
    const created = parseTime(archive.Created);
    const isReady = archive.State === 'Ready';
    const key = (part) => `${archive.Id}-${part}`;
    return el('tr', {'data-row': archive.Id},
      el('th', {scope: 'row', class: 'col-name'}, el('a', {class: 'name', href: `#jobs/${archive.Job}`, 'data-key': key('job')}, name),
        el('span', {class: 'sub'}, [archive.Owner, t('spool.instances', {count: formatNumber(archive.InstancesCount)})].filter(Boolean).join(' · '))),
      el('td', {class: 'col-state'}, el('span', {class: `badge badge-archive-${archive.State}`}, t(`archive.${archive.State}`)),
        archive.Pinned ? el('span', {class: 'pinned'}, icon('pin'), t('spool.pinned')) : null),
      el('td', {class: 'col-size num'}, isReady ? formatBytes(archive.Size) : '–'),
      el('td', {class: 'col-created num', title: formatFullTime(created)}, formatTime(created)),
      el('td', {class: 'col-expires num', title: formatFullTime(expires)}, isReady ? (expires ? formatTime(expires) : t('detail.never')) : '–'),
      el('td', {class: 'col-downloads num'}, formatNumber(archive.Downloads)),
      el('td', {class: 'col-actions'}, el('div', {class: 'actions'},
        isReady ? iconLink('download', `${t('action.downloadNow')}: ${name}`, downloadHref(`/jobs/${archive.Job}/archive`),
          {download: '', 'data-key': key('download'), onclick: (event) => this.download(event, archive)}) : null,
        isReady ? iconButton('pin', `${t(archive.Pinned ? 'action.unpin' : 'action.pin')}: ${name}`,
          async () => (await setPinned(archive.Job, name, !archive.Pinned)) && this.load(), {'aria-pressed': String(archive.Pinned), 'data-key': key('pin')}) : null,
        archive.State === 'Pending' ? null : iconButton('trash', `${t('action.delete')}: ${name}`, () => this.remove(archive, name), {'data-key': key('trash')}))));
  }

  // One file is fetched; for volumes, the job shows all of them
  async download(event, archive) {
    event.preventDefault();
    try {
      const {result} = parseJob(await getJson(`jobs/${archive.Job}`));
      if (result?.paths.length === 1) {
        location.assign(downloadHref(result.paths[0].path));
      } else {
        location.hash = `#jobs/${archive.Job}`;
      }
    } catch (error) {
      announceError(error);
    }
  }

  async remove(archive, name) {
    if (!await confirmAction(t('job.confirmDelete', {name}), t('action.delete'))) {
      return;
    }
    try {
      await call('DELETE', `advanced-rest/archives/${archive.Id}`);
      announce(t('job.done.delete', {name}), 'success');
      this.load();
    } catch (error) {
      announceError(error);
    }
  }
}

export function create() {
  return new SpoolView();
}
