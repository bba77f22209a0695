// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The dialog "Download..."

import {announce, formatNumber, formatSeconds, formatSize, getJson, make, makeButton,
        makeCheckbox, makeField, makeId, makeSelect, makeUrl, openDialog, postJson, request, setText,
        t} from './kit.js';
import {downloadUrl, trackJob} from './tray.js';

// What is made in memory of the browser, because a link cannot carry it
const MAX_BLOB_BYTES = 256e6;

const MEGABYTE = 1048576;

// Bytes that are read per second, before there is anything to learn from
const USUAL_SPEEDS = {Fast: 150e6, Dense: 60e6, Store: 400e6};

const TRANSFER_SYNTAXES = [
  ['1.2.840.10008.1.2.1', 'Explicit VR Little Endian'],
  ['1.2.840.10008.1.2', 'Implicit VR Little Endian'],
  ['1.2.840.10008.1.2.4.70', 'JPEG Lossless'],
  ['1.2.840.10008.1.2.4.80', 'JPEG-LS Lossless'],
  ['1.2.840.10008.1.2.4.90', 'JPEG 2000 Lossless'],
  ['1.2.840.10008.1.2.5', 'RLE Lossless'],
  ['1.2.840.10008.1.2.4.50', 'JPEG Baseline'],
  ['1.2.840.10008.1.2.4.91', 'JPEG 2000']
];
const LOSSY = ['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.91'];

const PROFILES = ['STD-GEN-CD', 'STD-GEN-DVD-JPEG', 'STD-GEN-USB-JPEG', 'STD-GEN-DVD-J2K',
                  'STD-GEN-USB-J2K'];

const TEMPLATES = [
  '{PatientID}/{StudyDate} {StudyDescription}/{SeriesNumber} {Modality}/{InstanceNumber}.dcm',
  '{PatientName}/{StudyDate} {AccessionNumber}/{SeriesNumber} {SeriesDescription}/{InstanceNumber}.dcm',
  '{SeriesNumber} {SeriesDescription}/{InstanceNumber}.dcm'
];

// ---- The form

function makeRadio(name, value, label, checked)
{
  const input = make('input', {type: 'radio', name, value, id: makeId(), checked});
  return {input, line: make('span', {class: 'oar-check'}, input,
                            make('label', {for: input.id}, label))};
}

function makeControls(features)
{
  const name = makeId();
  const hasArchive = Boolean(features.archive);
  const controls = {
    archive: makeRadio(name, 'archive', t('download.archive'), hasArchive),
    media: makeRadio(name, 'media', t('download.media'), !hasArchive),
    compression: makeSelect([['', t('usual')], ['Fast', t('download.fast')],
                             ['Dense', t('download.dense')], ['Store', t('download.store')]]),
    transcode: makeSelect([['', t('download.as-stored')], ...TRANSFER_SYNTAXES.map(
      ([uid, text]) => [uid, LOSSY.includes(uid) ? t('download.lossy', {name: text}) : text])]),
    quality: make('input', {type: 'number', min: 1, max: 100, value: 90}),
    naming: makeSelect([['', t('usual')], ['Host', t('download.host-names')],
                        ...TEMPLATES.map(template => [template, template]),
                        ['own', t('download.own-names')]]),
    template: make('input', {type: 'text', value: TEMPLATES[0], spellcheck: 'false'}),
    profile: makeSelect([['', t('download.no-profile')], ...PROFILES.map(text => [text, text])]),
    volume: makeSelect([['', t('download.one-volume')], ['650', 'CD (650 MB)'], ['4400', 'DVD (4.4 GB)'],
                        ['own', t('download.own-volume')]]),
    volumeSize: make('input', {type: 'number', min: 1, max: 4294967295, value: 700}),
    format: makeSelect([['Zip', 'ZIP'], ['Iso', 'ISO 9660']]),
    pdf: makeCheckbox(t('download.pdf')),
    index: makeCheckbox(t('download.index')),
    readme: makeCheckbox(t('download.readme')),
    password: make('input', {type: 'password', autocomplete: 'new-password', maxlength: 200}),
    reveal: makeCheckbox(t('download.reveal'))
  };
  controls.archive.input.disabled = !hasArchive;
  controls.media.input.disabled = !features.media;
  controls.reveal.input.addEventListener('change', () =>
  {
    controls.password.type = controls.reveal.input.checked ? 'text' : 'password';
  });
  return controls;
}

function makeContent(controls)
{
  const quality = makeField(t('download.quality'), controls.quality);
  const template = makeField(t('download.template'), controls.template, t('download.template-hint'));
  const naming = makeField(t('download.naming'), controls.naming);
  const size = makeField(t('download.volume-size'), controls.volumeSize);
  const media = make('fieldset', {class: 'oar-group'}, make('legend', {}, t('download.on-medium')),
                     makeField(t('download.profile'), controls.profile),
                     makeField(t('download.volumes'), controls.volume), size,
                     makeField(t('download.format'), controls.format),
                     controls.pdf.line, controls.index.line, controls.readme.line);
  const password = makeField(t('download.password'), controls.password, t('download.password-hint'));
  const estimate = make('p', {class: 'oar-estimate', role: 'status', 'aria-live': 'polite'});
  const failure = make('p', {class: 'oar-failure', role: 'alert'});
  const content = [
    make('fieldset', {class: 'oar-group oar-line'}, make('legend', {}, t('download.kind')),
         controls.archive.line, controls.media.line),
    makeField(t('download.compression'), controls.compression),
    makeField(t('download.transcode'), controls.transcode), quality,
    naming, template, media, password, controls.reveal.line, estimate, failure
  ];
  return {content, quality, template, naming, size, media, password, estimate, failure};
}

function arrange(controls, parts)
{
  const isMedia = controls.media.input.checked;
  const isImage = isMedia && controls.format.value === 'Iso';
  parts.media.hidden = !isMedia;
  parts.naming.hidden = isMedia;
  parts.template.hidden = isMedia || controls.naming.value !== 'own';
  parts.quality.hidden = !LOSSY.includes(controls.transcode.value);
  parts.size.hidden = controls.volume.value !== 'own';
  parts.password.hidden = isImage;
  controls.reveal.line.hidden = isImage;
}

// ---- The request

// The members of a POST; a GET has the same in small letters with hyphens
function readFields(controls)
{
  const isMedia = controls.media.input.checked;
  const fields = {};
  if (controls.compression.value)
  {
    fields.Compression = controls.compression.value;
  }
  if (controls.transcode.value)
  {
    fields.Transcode = controls.transcode.value;
    if (LOSSY.includes(controls.transcode.value) && controls.quality.value !== '')
    {
      fields.LossyQuality = Number(controls.quality.value);
    }
  }
  if (!isMedia)
  {
    const naming = controls.naming.value === 'own' ? controls.template.value
      : controls.naming.value;
    return naming ? {...fields, Naming: naming} : fields;
  }
  if (controls.profile.value)
  {
    fields.Profile = controls.profile.value;
  }
  const volume = controls.volume.value === 'own' ? controls.volumeSize.value : controls.volume.value;
  if (volume)
  {
    fields.VolumeSizeMB = Number(volume);
  }
  if (controls.format.value !== 'Zip')
  {
    fields.Format = controls.format.value;
  }
  for (const [name, box] of [['Pdf', controls.pdf], ['Index', controls.index],
                             ['Readme', controls.readme]])
  {
    if (box.input.checked)
    {
      fields[name] = true;
    }
  }
  return fields;
}

function toQuery(fields)
{
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
  {
    const key = name.replace('MB', '-mb').replace(/(?!^)([A-Z])/g, '-$1').toLowerCase();
    query.set(key, String(value));
  }
  // A space as "+" is no space to everybody
  return query.toString().replace(/\+/g, '%20');
}

function readRequest(target, controls)
{
  const isMedia = controls.media.input.checked;
  const fields = readFields(controls);
  const isZip = !isMedia || controls.format.value === 'Zip';
  return {
    path: `${target.path}/${isMedia ? 'media' : 'archive'}`,
    fields,
    password: isZip ? controls.password.value : ''
  };
}

// ---- How large and how long

let speeds = null;

// Bytes read per second by the last archives of each compression
async function learnSpeeds()
{
  const totals = {};
  const jobs = await getJson('jobs?expand&state=Success&limit=20&order=desc');
  for (const job of jobs)
  {
    const content = job.Content || {};
    const size = Number(content.UncompressedSize);
    if (job.State === 'Success' && size > 0 && job.EffectiveRuntime > 0.05 && content.Compression)
    {
      const total = totals[content.Compression] || {bytes: 0, seconds: 0};
      total.bytes += size;
      total.seconds += job.EffectiveRuntime;
      totals[content.Compression] = total;
    }
  }
  const learnt = {...USUAL_SPEEDS};
  for (const [compression, total] of Object.entries(totals))
  {
    learnt[compression] = total.bytes / total.seconds;
  }
  return learnt;
}

async function getSpeed(compression)
{
  speeds = speeds || learnSpeeds().catch(() => USUAL_SPEEDS);
  const known = await speeds;
  return known[compression] || known.Fast;
}

async function estimate(wanted, signal)
{
  const query = toQuery(wanted.fields);
  const size = await getJson(`${wanted.path}?estimate${query ? `&${query}` : ''}`, {signal});
  const bytes = Number(size.ArchiveSize);
  const seconds = Number(size.UncompressedSize) / await getSpeed(wanted.fields.Compression || 'Fast');
  return {bytes, seconds, count: size.InstancesCount, isExact: size.IsExact};
}

function describeEstimate(found)
{
  const values = {
    size: formatSize(found.bytes), count: formatNumber(found.count), time: formatSeconds(found.seconds)
  };
  const text = t(found.isExact ? 'download.estimate-exact' : 'download.estimate', values);
  return `${text} ${found.seconds < 1 ? t('download.at-once') : t('download.time', values)}`;
}

// ---- The download

async function downloadByPost(wanted, signal)
{
  const answer = await request(wanted.path, {
    method: 'POST', signal,
    body: JSON.stringify({...wanted.fields, Encrypt: {Password: wanted.password}, Synchronous: true})
  });
  const name = /filename="([^"]*)"/.exec(answer.headers.get('Content-Disposition') || '');
  const url = URL.createObjectURL(await answer.blob());
  const link = make('a', {href: url, download: name ? name[1] : 'archive.zip', rel: 'external',
                          'data-ajax': 'false', hidden: true});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

async function prepare(target, wanted, isDownloaded)
{
  const fields = {...wanted.fields, Asynchronous: true};
  if (wanted.password)
  {
    fields.Encrypt = {Password: wanted.password};
  }
  const job = await postJson(wanted.path, fields);
  trackJob({id: job.ID, level: target.level, uuid: target.uuid, isDownloaded});
}

// ---- The dialog

class DownloadDialog
{
  constructor(target, features)
  {
    this.target = target;
    this.features = features;
    this.controls = makeControls(features);
    this.parts = makeContent(this.controls);
    this.found = null;
    this.wait = null;
    this.abort = new AbortController();
    this.now = make('button', {type: 'submit', class: 'oar-button oar-main'}, t('download.now'));
    this.later = makeButton(t('download.prepare'), () => this.run(() => this.prepare(false)));
    this.dialog = openDialog(
      t(`download.title.${target.level}`), this.parts.content, [this.later, this.now],
      () => this.run(() => this.downloadNow()), () => this.close());
    this.dialog.addEventListener('input', () => this.update());
    this.update();
  }

  close()
  {
    clearTimeout(this.wait);
    this.abort.abort();
  }

  update()
  {
    arrange(this.controls, this.parts);
    setText(this.parts.failure, '');
    clearTimeout(this.wait);
    this.found = null;
    this.wait = setTimeout(() => this.estimate(), 250);
  }

  async estimate()
  {
    this.abort.abort();
    this.abort = new AbortController();
    const {signal} = this.abort;
    const {estimate: line} = this.parts;
    try
    {
      const found = await estimate(readRequest(this.target, this.controls), signal);
      if (!signal.aborted)
      {
        this.found = found;
        this.show(found);
      }
    }
    catch (error)
    {
      if (!signal.aborted)
      {
        setText(line, error.message);
        line.classList.add('oar-bad');
      }
    }
  }

  // Some hosts cannot send what is very large
  show(found)
  {
    const {fields} = readRequest(this.target, this.controls);
    const largest = Math.min(found.bytes, (fields.VolumeSizeMB || Infinity) * MEGABYTE);
    const limit = this.features.maxFileBytes;
    const isTooLarge = largest > limit;
    setText(this.parts.estimate, describeEstimate(found) +
            (isTooLarge ? ` ${t('download.too-large', {size: formatSize(limit)})}` : ''));
    this.parts.estimate.classList.toggle('oar-bad', isTooLarge);
  }

  async run(action)
  {
    this.now.disabled = true;
    this.later.disabled = true;
    setText(this.parts.failure, '');
    try
    {
      await action();
      this.dialog.close();
    }
    catch (error)
    {
      setText(this.parts.failure, error.message);
    }
    this.now.disabled = false;
    this.later.disabled = false;
  }

  async prepare(isDownloaded)
  {
    await prepare(this.target, readRequest(this.target, this.controls), isDownloaded);
    announce(t('tray.started'));
  }

  // A link can neither carry a password nor fetch several volumes
  async downloadNow()
  {
    const wanted = readRequest(this.target, this.controls);
    const found = this.found || await estimate(wanted);
    const volumeBytes = (wanted.fields.VolumeSizeMB || Infinity) * MEGABYTE;
    if (found.bytes > volumeBytes || (wanted.password && found.bytes > MAX_BLOB_BYTES))
    {
      await this.prepare(true);
      return;
    }
    if (wanted.password)
    {
      await downloadByPost(wanted);
    }
    else
    {
      const query = toQuery(wanted.fields);
      downloadUrl(makeUrl(`${wanted.path}${query ? `?${query}` : ''}`));
    }
    announce(t('download.begun'));
  }
}

// target: {level: 'study', uuid, path: 'studies/...'}
export function openDownload(target, features)
{
  return new DownloadDialog(target, features);
}
