// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The console of jobs: a page of 50 at a time, however many there are

import {features, getJson, makeQuery} from './api.js';
import {announceError, append, debounce, el, emptyNotice, icon, makeProgress, pager, patchRows, replaceChildren, withRoles} from './dom.js';
import {formatBytes, formatDuration, formatFullTime, formatNumber, formatPercent, formatSpeed, formatTime, t} from './i18n.js';
import {applyVerb, deleteJob, describeFailure, downloadHref, downloadLabel, hasEnded, isCanceled, makeActions, parseJob, setPriority,
  stateBadge, typeName, UNFINISHED} from './jobview.js';
import {getMode, subscribe} from './live.js';
import {isWatched, noteJobs} from './watch.js';

const LIMIT = 50;
const SCANNED = 500; // jobs in one request of a search
const STATES = {all: '', running: 'Running', waiting: 'Pending,Retry', paused: 'Paused', success: 'Success', failure: 'Failure'};
const TYPES = ['Archive', 'Media', 'ResourceModification', 'MergeStudy', 'SplitStudy', 'DicomModalityStore', 'DicomMoveScu',
  'OrthancPeerStore', 'StorageCommitmentScp', 'PushTransfer', 'PullTransfer'];
const COLUMNS = 7;

function matchesText(job, text) {
  return [job.id, job.name, job.type, job.errorText, ...job.resources]
    .some((value) => String(value).toLowerCase().includes(text));
}

function matchesFilter(job, filter) {
  const states = STATES[filter.state];
  return (!states || states.split(',').includes(job.state)) && (!filter.type || filter.type === job.type);
}

export class JobsView {
  constructor(parameter) {
    this.filter = {state: 'all', type: '', text: ''};
    this.offset = 0;
    this.jobs = [];
    this.total = 0;
    this.counts = {};
    this.expandedId = parameter || null;
    this.linkedId = parameter || null;
    this.matches = null; // of a search: all of them
    this.scanned = null;
    this.loading = null;
    this.stale = new Set();
    this.pollCount = 0;
    this.reloadSoon = debounce(() => this.load(), 700);
    this.countSoon = debounce(() => this.loadCounts(), 1000);
    this.refreshSoon = debounce(() => this.refreshStale(), 300);
  }

  mount(parent) {
    this.chips = el('div', {class: 'chips', role: 'group', 'aria-label': t('jobs.filterState')});
    this.list = el('div', {class: 'list'});
    this.foot = el('div', {class: 'list-foot'});
    const search = debounce((text) => this.setFilter({text: text.trim().toLowerCase()}), 350);
    append(parent,
      el('div', {class: 'page-head'}, el('h1', {}, t('jobs.title')), this.live = el('span', {class: 'live'})),
      features.Jobs ? null : el('p', {class: 'notice'}, icon('info'), t('jobs.off')),
      features.OwnJobsOnly && !features.SeesAllJobs ? el('p', {class: 'notice'}, icon('info'), t('jobs.ownOnly')) : null,
      el('div', {class: 'toolbar'},
        this.chips,
        el('label', {class: 'field'}, el('span', {class: 'sr-only'}, t('jobs.filterType')),
          el('select', {onchange: (event) => this.setFilter({type: event.target.value})},
            el('option', {value: ''}, t('jobs.allTypes')),
            TYPES.map((type) => el('option', {value: type}, typeName(type))))),
        el('label', {class: 'field grow'}, el('span', {class: 'sr-only'}, t('jobs.search')),
          el('input', {type: 'search', placeholder: t('jobs.search'), oninput: (event) => search(event.target.value)}))),
      this.list, this.foot);
    this.renderChips();
    this.renderMode();
    this.stop = subscribe((event) => this.onEvent(event));
    this.load();
    this.loadCounts();
  }

  unmount() {
    this.stop?.();
    this.loading?.abort();
    this.loading = null;
    this.isUnmounted = true;
  }

  setFilter(change) {
    Object.assign(this.filter, change);
    this.offset = 0;
    this.matches = null;
    this.linkedId = null;
    this.renderChips();
    this.load();
  }

  // ---- Reading

  async load() {
    this.loading?.abort();
    const control = this.loading = new AbortController();
    try {
      if (!features.Jobs) {
        await this.loadFromHost(control.signal);
      } else if (this.filter.text) {
        await this.search(control.signal);
      } else {
        await this.loadPage(control.signal);
      }
      if (this.loading === control) {
        await this.addLinked(control.signal);
      }
      if (this.loading === control) {
        this.isLoaded = true;
        noteJobs(this.jobs);
        this.render();
      }
    } catch (error) {
      if (this.loading === control && error.name !== 'AbortError') {
        this.showFailure(error);
      }
    } finally {
      if (this.loading === control) {
        this.loading = null;
      }
    }
  }

  showFailure(error) {
    if (!this.hasFailed) {
      announceError(error);
    }
    this.hasFailed = true;
  }

  makeListQuery(more) {
    return `jobs${makeQuery({state: STATES[this.filter.state], type: this.filter.type, ...more})}`;
  }

  async loadPage(signal) {
    const [list, count] = await Promise.all([
      getJson(this.makeListQuery({expand: true, limit: LIMIT, offset: this.offset, order: 'desc'}), {signal}),
      getJson(this.makeListQuery({count: true}), {signal})]);
    this.hasFailed = false;
    this.total = count.Count;
    this.jobs = list.map(parseJob);
    if (this.jobs.length === 0 && this.offset > 0) {
      this.offset = 0;
      await this.loadPage(signal);
    }
  }

  // The server does not search in texts: read everything, a part at a time, and show what was found so far
  async search(signal) {
    if (!this.matches) {
      const found = [];
      const {Count: total} = await getJson(this.makeListQuery({count: true}), {signal});
      for (let offset = 0; offset < total; offset += SCANNED) {
        const list = await getJson(this.makeListQuery({expand: true, limit: SCANNED, offset, order: 'desc'}), {signal});
        found.push(...list.map(parseJob).filter((job) => matchesText(job, this.filter.text)));
        this.scanned = {done: Math.min(offset + SCANNED, total), total};
        this.showMatches(found);
        this.render();
      }
      this.matches = found;
      this.scanned = null;
    }
    this.showMatches(this.matches);
  }

  showMatches(found) {
    this.total = found.length;
    this.jobs = found.slice(this.offset, this.offset + LIMIT);
  }

  // Without our routes: the short list of the host, filtered here
  async loadFromHost(signal) {
    const all = (await getJson('jobs?expand', {signal})).map(parseJob).sort((a, b) => b.created - a.created);
    this.hasFailed = false;
    const found = all.filter((job) => matchesFilter(job, this.filter) && (!this.filter.text || matchesText(job, this.filter.text)));
    this.showMatches(found);
    for (const [name, states] of Object.entries(STATES)) {
      this.counts[name] = all.filter((job) => !states || states.split(',').includes(job.state)).length;
    }
    this.renderChips();
  }

  // The job of a link is shown wherever it is in the list
  async addLinked(signal) {
    if (!this.linkedId || this.jobs.some((job) => job.id === this.linkedId) || !/^[\w-]+$/.test(this.linkedId)) {
      return;
    }
    try {
      this.jobs.unshift(parseJob(await getJson(`jobs/${this.linkedId}`, {signal})));
    } catch (error) {
      this.linkedId = null;
      if (error.name !== 'AbortError' && error.status !== 404) {
        throw error;
      }
    }
  }

  async loadCounts() {
    if (!features.Jobs || this.isUnmounted) {
      return;
    }
    try {
      const names = Object.keys(STATES);
      const answers = await Promise.all(names.map((name) => getJson(`jobs${makeQuery({count: true, state: STATES[name]})}`)));
      names.forEach((name, index) => {
        this.counts[name] = answers[index].Count;
      });
      this.renderChips();
    } catch (error) {
      this.showFailure(error);
    }
  }

  // ---- News

  onEvent(event) {
    if (event.type === 'mode') {
      this.renderMode();
    } else if (event.type === 'poll') {
      this.onPoll();
    } else if (event.type === 'reset') {
      this.reloadSoon();
      this.countSoon();
    } else if (event.type === 'removed') {
      if (this.find(event.data.ID)) {
        this.reloadSoon();
      }
      this.countSoon();
    } else {
      this.onJobEvent(event);
    }
  }

  // Often while something is going on
  onPoll() {
    const isBusy = this.jobs.some((job) => !hasEnded(job.state));
    if (!this.loading && !this.filter.text && (isBusy || this.pollCount % 3 === 0)) {
      this.load();
      if (this.pollCount % 3 === 0) {
        this.loadCounts();
      }
    }
    this.pollCount++;
  }

  find(id) {
    return this.jobs.find((job) => job.id === id);
  }

  onJobEvent({type, data}) {
    const job = this.find(data.ID);
    if (job) {
      job.progress = data.Progress;
      job.size = job.result ? job.size : Number(data.ArchiveSize || job.size);
      job.speed = data.BytesPerSecond || 0;
      job.runtime = data.EffectiveRuntime || job.runtime;
    }
    if (job && type === 'progress' && job.state === data.State) {
      this.renderJob();
      return;
    }
    this.countSoon();
    if (job || isWatched(data.ID)) {
      this.stale.add(data.ID);
      this.refreshSoon();
    }
    if (!job && this.offset === 0) {
      this.reloadSoon();
    }
  }

  async refreshStale() {
    const ids = [...this.stale];
    this.stale.clear();
    const answers = await Promise.all(ids.slice(0, LIMIT).map((id) => getJson(`jobs/${id}`).catch(() => null)));
    const fresh = answers.filter(Boolean).map(parseJob);
    for (const job of fresh) {
      const index = this.jobs.findIndex((other) => other.id === job.id);
      if (index >= 0) {
        this.jobs[index] = job;
        this.renderJob();
      }
    }
    noteJobs(fresh);
  }

  // ---- Showing

  renderMode() {
    const mode = getMode();
    replaceChildren(this.live, el('span', {class: `dot dot-${mode}`}), t(`live.${mode}`));
    this.live.title = t(features.CanStream ? `live.${mode}.hint` : 'live.cannotStream');
  }

  renderChips() {
    if (!this.chips.hasChildNodes()) {
      append(this.chips, Object.keys(STATES).map((name) => el('button',
        {type: 'button', class: 'chip', 'data-state': name, onclick: () => this.setFilter({state: name})},
        t(`jobs.state.${name}`), el('span', {class: 'count'}))));
    }
    for (const chip of this.chips.children) {
      const name = chip.dataset.state;
      chip.setAttribute('aria-pressed', String(this.filter.state === name));
      chip.lastElementChild.textContent = name in this.counts ? formatNumber(this.counts[name]) : '';
    }
  }

  makeRows() {
    return this.jobs.flatMap((job) => (job.id === this.expandedId ? [this.makeRow(job), this.makeDetails(job)] : [this.makeRow(job)]));
  }

  renderJob() {
    const body = this.list.querySelector('tbody');
    if (body) {
      patchRows(body, this.makeRows());
    }
  }

  render() {
    if (this.jobs.length === 0) {
      replaceChildren(this.list, emptyNotice(this.scanned ? this.describeScan() : t(this.total === 0 && this.isFiltered() ? 'jobs.noMatch' : 'jobs.none')));
      replaceChildren(this.foot);
      return;
    }
    let body = this.list.querySelector('tbody');
    if (!body) {
      body = el('tbody');
      replaceChildren(this.list, withRoles(el('table', {class: 'table jobs'},
        el('caption', {class: 'sr-only'}, t('jobs.title')), this.makeHead(), body)));
    }
    patchRows(body, this.makeRows());
    replaceChildren(this.foot,
      this.scanned ? el('p', {class: 'muted', role: 'status'}, this.describeScan()) : null,
      pager({offset: this.offset, limit: LIMIT, shown: Math.min(this.jobs.length, LIMIT), total: this.total,
        onmove: (offset) => {
          this.offset = offset;
          this.linkedId = null;
          this.load();
          document.getElementById('main').scrollIntoView();
        }}));
  }

  isFiltered() {
    return this.filter.state !== 'all' || this.filter.type || this.filter.text;
  }

  describeScan() {
    return t('jobs.scanned', {done: formatNumber(this.scanned.done), total: formatNumber(this.scanned.total)});
  }

  makeHead() {
    return el('thead', {}, el('tr', {},
      ['name', 'state', 'size', 'speed', 'priority', 'created'].map((name) =>
        el('th', {scope: 'col', class: `col-${name}`}, t(`jobs.column.${name}`))),
      el('th', {scope: 'col', class: 'col-actions'}, el('span', {class: 'sr-only'}, t('jobs.column.actions')))));
  }

  makeRow(job) {
    const isExpanded = job.id === this.expandedId;
    return withRoles(el('tr', {'data-row': job.id, class: isExpanded ? 'expanded' : null},
      el('th', {scope: 'row', class: 'col-name'},
        el('button', {type: 'button', class: 'expander', 'aria-expanded': String(isExpanded), 'data-key': `${job.id}-expand`,
          onclick: () => this.toggle(job.id)},
        icon('chevron'), el('span', {class: 'name'}, job.name)),
        el('span', {class: 'sub'}, typeName(job.type), job.isStream ? ` · ${t('jobs.stream')}` : '')),
      el('td', {class: 'col-state'}, this.makeState(job)),
      el('td', {class: 'col-size num'}, job.size ? formatBytes(job.size) : '–'),
      el('td', {class: 'col-speed num'}, this.describePace(job)),
      el('td', {class: 'col-priority num'}, formatNumber(job.priority)),
      el('td', {class: 'col-created num', title: formatFullTime(job.created)}, formatTime(job.created)),
      el('td', {class: 'col-actions'}, el('div', {class: 'actions'}, makeActions(job, () => this.afterAction())))));
  }

  makeState(job) {
    if (job.state === 'Running') {
      return [stateBadge(job), makeProgress(job.progress, t('jobs.progressOf', {name: job.name})), el('span', {class: 'percent'}, formatPercent(job.progress / 100))];
    }
    const reason = job.state === 'Failure' && !isCanceled(job) ? describeFailure(job)
      : job.nextAttempt && job.state !== 'Success' ? t('jobs.nextAttempt', {time: formatTime(job.nextAttempt)})
        : job.queue ? t('jobs.queue', {position: formatNumber(job.queue)}) : '';
    return [stateBadge(job), reason ? el('span', {class: 'reason', title: reason}, reason) : null];
  }

  describePace(job) {
    if (job.state === 'Running') {
      const left = job.eta ? (job.eta - Date.now()) / 1000 : 0;
      return [job.speed ? formatSpeed(job.speed) : '', left > 0 ? el('span', {class: 'sub'}, t('jobs.left', {time: formatDuration(left)})) : null];
    }
    return hasEnded(job.state) && job.runtime ? formatDuration(job.runtime) : '–';
  }

  toggle(id) {
    this.expandedId = this.expandedId === id ? null : id;
    this.render();
    const job = this.find(id);
    if (this.expandedId === id && job?.isOurs && features.Webhooks?.IsUsed) {
      this.loadDeliveries(job);
    }
  }

  afterAction() {
    this.matches = null;
    this.load();
    this.loadCounts();
  }

  // ---- Details

  makeDetails(job) {
    const facts = [
      [t('detail.id'), el('code', {}, job.id)],
      [t('detail.created'), formatFullTime(job.created)],
      [t('detail.completed'), formatFullTime(job.completed)],
      [t('detail.runtime'), job.runtime ? formatDuration(job.runtime) : ''],
      [t('detail.instances'), job.instances === undefined ? '' : [formatNumber(job.instances), job.sourceSize ? formatBytes(job.sourceSize) : ''].filter(Boolean).join(' · ')],
      [t('detail.attempts'), job.attempts > 1 ? formatNumber(job.attempts) : ''],
      [t('detail.reused'), job.isReused ? t('detail.reusedText') : ''],
      [t('detail.downloads'), job.result ? formatNumber(job.result.downloads) : ''],
      [t('detail.expires'), job.result ? (job.result.isPinned ? t('detail.pinned') : formatFullTime(job.result.expires) || t('detail.never')) : ''],
      [t('detail.resources'), job.resources.length ? this.makeResources(job) : ''],
    ];
    const webhooks = el('div', {class: 'deliveries'});
    return withRoles(el('tr', {class: 'details', 'data-row': `${job.id}-details`, 'data-signature': `${job.state} ${job.result?.isPinned} ${job.result?.downloads} ${job.completed}`}, el('td', {colspan: String(COLUMNS)},
      job.state === 'Failure' ? el('p', {class: 'failure'}, icon(isCanceled(job) ? 'info' : 'alert'), isCanceled(job) ? t('error.37') : describeFailure(job)) : null,
      el('dl', {class: 'facts'}, facts.filter(([, value]) => value).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))),
      this.makeDownloads(job),
      job.isOurs && UNFINISHED.includes(job.state) && job.state !== 'Running' ? this.makePriority(job) : null,
      webhooks,
      el('p', {class: 'detail-buttons'},
        job.state === 'Failure' && !job.isStream
          ? el('button', {type: 'button', 'data-key': `${job.id}-retry2`, onclick: async () => (await applyVerb(job, 'resubmit')) && this.afterAction()}, t('action.retry')) : null,
        hasEnded(job.state) && job.isOurs
          ? el('button', {type: 'button', 'data-key': `${job.id}-delete2`, onclick: async () => (await deleteJob(job)) && this.afterAction()}, t('action.delete')) : null))));
  }

  makeResources(job) {
    const more = (job.resourcesCount || job.resources.length) - 5;
    return [job.resources.slice(0, 5).map((id) => el('code', {class: 'resource'}, id)),
      more > 0 ? el('span', {class: 'muted'}, t('detail.more', {count: formatNumber(more)})) : null].flat();
  }

  // A plain address can be resumed by every download tool, and by the browser
  makeDownloads(job) {
    if (!job.result) {
      return null;
    }
    return el('ul', {class: 'downloads'}, job.result.paths.map(({path}, index) => el('li', {},
      el('a', {class: 'button', href: downloadHref(path), download: ''}, icon('download'), downloadLabel(job.result, index)),
      el('button', {type: 'button', class: 'quiet', 'data-key': `${job.id}-copy-${index}`,
        onclick: (event) => this.copyLink(downloadHref(path), event.currentTarget)}, icon('link'), t('action.copyLink')))));
  }

  async copyLink(href, button) {
    try {
      await navigator.clipboard.writeText(href);
      button.lastChild.textContent = t('action.copied');
    } catch {
      // Only with HTTPS or on this machine: show it instead
      button.replaceWith(el('input', {class: 'link', readonly: true, value: href, 'aria-label': t('action.copyLink'),
        onfocus: (event) => event.target.select()}));
    }
  }

  makePriority(job) {
    const input = el('input', {type: 'number', step: '1', min: '-1000', max: '1000', value: String(job.priority), 'data-key': `${job.id}-priority`});
    return el('div', {class: 'priority'},
      el('label', {}, t('detail.priority'), input),
      el('button', {type: 'button', 'data-key': `${job.id}-priority-set`,
        onclick: async () => Number.isInteger(input.valueAsNumber) && (await setPriority(job, input.valueAsNumber)) && this.afterAction()}, t('action.setPriority')),
      el('span', {class: 'muted'}, t('detail.priorityHint')));
  }

  async loadDeliveries(job) {
    const parent = this.list.querySelector('.deliveries');
    try {
      const deliveries = await getJson(`jobs/${job.id}/deliveries`);
      if (deliveries.length) {
        replaceChildren(parent, el('h3', {}, t('detail.webhooks')), el('ul', {}, deliveries.map((delivery) => el('li', {},
          el('code', {}, String(delivery.Url)), ' – ', t(`delivery.${delivery.State}`)))));
      }
    } catch (error) {
      replaceChildren(parent, el('p', {class: 'muted'}, String(error.message)));
    }
  }
}

export function create(parameter) {
  return new JobsView(parameter);
}
