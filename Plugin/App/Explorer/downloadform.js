// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The form of the dialog "Download...", and the request that it describes

import {make, makeCheckbox, makeField, makeId, makeSelect, t} from './kit.js';

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

export function makeControls(features)
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

export function makeContent(controls)
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

export function arrange(controls, parts)
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

export function toQuery(fields)
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

export function readRequest(target, controls)
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
